/**
 * Checks of decoded JSON, a few lines each. They copy nothing and keep every field they do not know, so that an answer
 * of a hundred users is checked in a fraction of the time its JSON takes to parse. Who wants to extend or transform a
 * schema uses the zod schemas of `@dirsync/sdk/schemas`, which accept exactly the same values.
 */
import { isObject } from "./envelope.ts";

/** One place where a value is not what it should be. */
export interface CheckIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Says whether a value is a `T`. Has the face of a zod schema, so that either serves where an answer is checked. */
export interface Check<T> {
  /** Fast, and all that a right answer costs. */
  readonly accepts: (value: unknown) => boolean;
  /** Where and why a value is not accepted; empty for one that is. */
  readonly issuesOf: (value: unknown, path: readonly PropertyKey[]) => readonly CheckIssue[];
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly CheckIssue[] } };
  /** Never set. Without it TypeScript would take a check of `string` for a field that may also be null. */
  readonly exactType?: (value: T) => T;
}

type AnyCheck = Pick<Check<unknown>, "accepts" | "issuesOf">;

/** The names an interface spells out, without those its index signature stands for. */
type KnownKeys<T> = keyof { [K in keyof T as string extends K ? never : K]: unknown };

/** One check for each field that `T` spells out. A field added to the type does not compile until it is checked. */
export type FieldChecks<T> = { readonly [K in KnownKeys<T>]-?: Check<T[K]> };

/** Any string. */
export const text: Check<string> = check((value) => typeof value === "string", "expected a string");

/** A number, as far as JSON has them. */
export const number: Check<number> = check((value) => typeof value === "number", "expected a number");

/** True or false. */
export const flag: Check<boolean> = check((value) => typeof value === "boolean", "expected true or false");

/** A JSON object with anything in it. */
export const bag: Check<Readonly<Record<string, unknown>>> = check(isObject, "expected an object");

/** Exactly this string. */
export function literal<const L extends string>(wanted: L): Check<L> {
  return check((value) => value === wanted, `expected "${wanted}"`);
}

/** A field that may be absent. */
export function optional<T>(inner: Check<T>): Check<T | undefined> {
  return relaxed(inner, undefined);
}

/** A field that may be absent or null. */
export function nullish<T>(inner: Check<T>): Check<T | null | undefined> {
  return relaxed(inner, null);
}

/** A field that is there, and may be null. */
export function nullable<T>(inner: Check<T>): Check<T | null> {
  return build(
    (value) => value === null || inner.accepts(value),
    (value, path) => (value === null ? [] : inner.issuesOf(value, path)),
  );
}

/** An array, each of whose items is a `T`. */
export function list<T>(item: Check<T>): Check<readonly T[]> {
  return build(
    (value) => Array.isArray(value) && value.every(item.accepts),
    (value, path) =>
      Array.isArray(value)
        ? value.flatMap((one: unknown, index) => (item.accepts(one) ? [] : item.issuesOf(one, [...path, index])))
        : [{ path, message: "expected an array" }],
  );
}

/** An object with any keys, each of whose values is a `T`. */
export function dictionary<T>(item: Check<T>): Check<Readonly<Record<string, T>>> {
  return build(
    (value) => isObject(value) && Object.values(value).every(item.accepts),
    (value, path) =>
      isObject(value)
        ? Object.entries(value).flatMap(([key, one]) => item.issuesOf(one, [...path, key]))
        : [{ path, message: "expected an object" }],
  );
}

/** An object with these fields. Others are left as they are. */
export function object<T>(fields: FieldChecks<T>): Check<T> {
  const checks = Object.entries(fields as Readonly<Record<string, AnyCheck>>);
  return build(
    (value) => isObject(value) && checks.every(([name, field]) => field.accepts(value[name])),
    (value, path) =>
      isObject(value)
        ? checks.flatMap(([name, field]) => field.issuesOf(value[name], [...path, name]))
        : [{ path, message: "expected an object" }],
  );
}

/** A check of one value, all of whose failures say the same. */
export function check<T>(accepts: Check<T>["accepts"], message: string): Check<T> {
  return build(accepts, (value, path) => (accepts(value) ? [] : [{ path, message }]));
}

/** Besides what `inner` accepts, nothing at all and `empty`. Compared here: a call for each field of each user adds up. */
function relaxed<T, U>(inner: Check<T>, empty: null | undefined): Check<T | U> {
  return build(
    (value) => value === undefined || value === empty || inner.accepts(value),
    (value, path) => (value === undefined || value === empty ? [] : inner.issuesOf(value, path)),
  );
}

function build<T>(accepts: Check<T>["accepts"], issuesOf: Check<T>["issuesOf"]): Check<T> {
  return {
    accepts,
    issuesOf,
    safeParse: (value) =>
      accepts(value) ? { success: true, data: value as T } : { success: false, error: { issues: issuesOf(value, []) } },
  };
}
