import { badRequest, ScimError } from "../error.ts";
import { isObject, jsonTypeOf, ownValue, safeEntries, type JsonObject } from "../json.ts";
import type { TypeName } from "../model.ts";

/** Most operations in one bulk request. */
export const bulkOperationsMax = 1_000;

/** What one operation of a bulk request does. */
export type BulkMethod = "POST" | "PUT" | "PATCH" | "DELETE";

/** One operation of a bulk request. A part that cannot be read is null, and is refused when the turn comes to it. */
export interface BulkOperation {
  readonly method: BulkMethod | null;
  /** As the client wrote it, for the answer. */
  readonly methodText: string;
  readonly bulkId: string | null;
  readonly type: TypeName | null;
  /** False where there is no path at all. */
  readonly hasPath: boolean;
  /** The id in the path, or `bulkId:` and the name of an operation. Null for the path of a whole type. */
  readonly target: string | null;
  /** The entity tag the resource must have; null for any. */
  readonly version: string | null;
  readonly data: unknown;
}

/** A bulk request (RFC 7644 section 3.7). */
export interface BulkRequest {
  readonly operations: readonly BulkOperation[];
  /** Failed operations after which no other is begun. */
  readonly errorsMax: number;
}

/**
 * Reads a bulk request. What is wrong with one operation is for its own result; what is refused here is the whole.
 *
 * @throws scim_error 400 invalidSyntax or invalidValue; 413 over `bulkOperationsMax`
 */
export function parseBulk(body: unknown): BulkRequest {
  if (!isObject(body))
    throw badRequest("invalidSyntax", `A bulk request is expected object, received ${jsonTypeOf(body)}.`);
  const operations = ownValue(body, "Operations");
  if (!Array.isArray(operations)) throw badRequest("invalidSyntax", "'Operations' is expected list.");
  if (operations.length > bulkOperationsMax) {
    throw new ScimError(
      `A bulk request takes at most ${bulkOperationsMax} operations, not ${operations.length}. Send several.`,
      { status: 413 },
    );
  }
  return { operations: operations.map(parseOperation), errorsMax: errorsMaxOf(ownValue(body, "failOnErrors")) };
}

/** The names of the operations that a value speaks of, as `bulkId:` and a name. */
export function referencesIn(value: unknown): readonly string[] {
  if (typeof value === "string") return value.startsWith(prefix) ? [value.slice(prefix.length)] : [];
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  return isObject(value) ? Object.values(value).flatMap(referencesIn) : [];
}

/**
 * The value with the ids that its references stand for. What stands for an operation whose id `idOf` does not know is left
 * out: the element of a list, or the attribute.
 */
export function resolved(value: unknown, idOf: (bulkId: string) => string | null): unknown {
  if (typeof value === "string") {
    return value.startsWith(prefix) ? (idOf(value.slice(prefix.length)) ?? undefined) : value;
  }
  if (Array.isArray(value)) {
    return value
      .map((item: unknown) => ({ before: item, after: resolved(item, idOf) }))
      .filter(({ before, after }) => after !== undefined && (isHollow(before) || !isHollow(after)))
      .map(({ after }) => after);
  }
  if (!isObject(value)) return value;
  const entries = safeEntries(value).map(([name, item]) => [name, resolved(item, idOf)] as const);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
}

const prefix = "bulkId:";

/** A member that has lost its id is none. What the client itself sent empty stays, and is refused elsewhere. */
function isHollow(item: unknown): boolean {
  return isObject(item) && Object.keys(item).every((name) => name === "type" || name === "display" || name === "$ref");
}

function parseOperation(operation: unknown): BulkOperation {
  const object: JsonObject = isObject(operation) ? operation : {};
  const method = ownValue(object, "method");
  const methodText = typeof method === "string" ? method.slice(0, methodCharactersShown) : "";
  const bulkId = ownValue(object, "bulkId");
  const version = ownValue(object, "version");
  const path = ownValue(object, "path");
  return {
    method: methods.find((known) => known === methodText.toUpperCase()) ?? null,
    methodText,
    bulkId: typeof bulkId === "string" && bulkId !== "" ? bulkId : null,
    version: typeof version === "string" && version !== "" ? version : null,
    data: ownValue(object, "data"),
    ...targetOf(path),
    hasPath: typeof path === "string",
  };
}

const methods: readonly BulkMethod[] = ["POST", "PUT", "PATCH", "DELETE"];

const methodCharactersShown = 16;

/** `/Users`, `/Users/{id}` and the same of Groups. */
function targetOf(path: unknown): Pick<BulkOperation, "type" | "target"> {
  const segments = typeof path === "string" ? path.split("/").filter((segment) => segment !== "") : [];
  const [name = "", target = null, ...more] = segments;
  const types: Readonly<Record<string, TypeName>> = { users: "User", groups: "Group" };
  const folded = name.toLowerCase();
  const type = Object.hasOwn(types, folded) && more.length === 0 ? (types[folded] ?? null) : null;
  return { type, target };
}

function errorsMaxOf(value: unknown): number {
  if (value === undefined || value === null) return Number.POSITIVE_INFINITY;
  // None is accepted, which is to end at the first.
  if (value === 0) return 1;
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw badRequest("invalidValue", "'failOnErrors' must be an integer, 0 or above.");
}
