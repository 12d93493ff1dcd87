import { parseAttributePath, resolvePath, startsWithUrn, type AttributePath } from "../schema/attribute-path.ts";
import { badRequest, ScimError } from "../error.ts";
import { isObject, ownKey, type JsonObject } from "../json.ts";
import type { ResourceType } from "../model.ts";

/** Which attributes an answer carries (RFC 7644 section 3.9). */
export interface Projection {
  readonly mode: "all" | "only" | "except";
  readonly paths: readonly AttributePath[];
}

/** Names of `attributes` or `excludedAttributes`. Each is looked for in every resource of a page; no schema has so many. */
const namesMax = 250;

/** Refuses a query that names too many attributes, before anything is done for it. @throws scim_error 400 invalidValue */
export function refuseManyNames(query: URLSearchParams): void {
  for (const parameter of ["attributes", "excludedAttributes"]) {
    if ((query.get(parameter) ?? "").split(",", namesMax + 1).length <= namesMax) continue;
    throw badRequest("invalidValue", `'${parameter}' has more than ${String(namesMax)} names.`);
  }
}

/** The projection that the query of a request asks for. */
export function projectionIn(query: URLSearchParams, type: ResourceType): Projection {
  return parseProjection(type, {
    attributes: query.get("attributes"),
    excludedAttributes: query.get("excludedAttributes"),
  });
}

/**
 * Reads the `attributes` and `excludedAttributes` query parameters; null where absent. With both, `attributes` counts,
 * as RFC 7644 allows only one. A name that cannot be read names nothing, rather than failing a whole import.
 */
export function parseProjection(
  type: ResourceType,
  query: { readonly attributes: string | null; readonly excludedAttributes: string | null },
): Projection {
  const only = readPaths(type, query.attributes);
  if (only.length > 0) return { mode: "only", paths: only };
  const except = readPaths(type, query.excludedAttributes);
  return except.length > 0 ? { mode: "except", paths: except } : { mode: "all", paths: [] };
}

/** True when the answer will carry this core attribute or a part of it; ask before loading `members` or `groups`. */
export function wants(projection: Projection, attribute: string): boolean {
  if (alwaysReturned.has(attribute) || projection.mode === "all") return true;
  const named = projection.paths.filter((path) => isCore(path) || isOf(path, attribute));
  if (projection.mode === "only") return named.length > 0;
  return !named.some((path) => path.sub === null);
}

/** True when the client names this core attribute or a part of it. */
export function asksFor(projection: Projection, attribute: string): boolean {
  return projection.mode === "only" && projection.paths.some((path) => isOf(path, attribute));
}

/** The body with only the wanted attributes. `id` and `schemas` always stay. The body itself does not change. */
export function project(body: JsonObject, projection: Projection): JsonObject {
  switch (projection.mode) {
    case "all":
      return body;
    case "only":
      return onlyPaths(body, projection.paths);
    case "except":
      return exceptPaths(body, projection.paths);
    default:
      return projection.mode satisfies never;
  }
}

const alwaysReturned: ReadonlySet<string> = new Set(["id", "schemas"]);

function readPaths(type: ResourceType, parameter: string | null): readonly AttributePath[] {
  if (parameter === null) return [];
  return parameter.split(",").flatMap((text) => {
    try {
      return [resolvePath(type, parseAttributePath(text.trim(), "invalidPath", { type }))];
    } catch (error) {
      if (error instanceof ScimError) return [];
      throw error;
    }
  });
}

function onlyPaths(body: JsonObject, paths: readonly AttributePath[]): JsonObject {
  const shown: Record<string, unknown> = {};
  for (const name of alwaysReturned) if (body[name] !== undefined) shown[name] = body[name];
  for (const path of paths) {
    if (isCore(path)) Object.assign(shown, coreOf(body));
    else copyPath(body, shown, stepsIn(body, path));
  }
  return shown;
}

/** Copies what a path names from one object into another that may hold a part of it already. */
function copyPath(from: JsonObject, to: Record<string, unknown>, steps: readonly string[]): void {
  const [step, ...rest] = steps;
  const key = step === undefined ? undefined : ownKey(from, step);
  if (key === undefined) return;
  const value = from[key];
  if (rest.length === 0) {
    to[key] = value;
    return;
  }
  const present = to[key];
  if (Array.isArray(value)) {
    to[key] = value.map((item: unknown, index): unknown =>
      isObject(item) ? partial(item, Array.isArray(present) ? present[index] : undefined, rest) : item,
    );
  } else if (isObject(value)) {
    to[key] = partial(value, present, rest);
  }
}

function partial(value: JsonObject, present: unknown, steps: readonly string[]): JsonObject {
  const copy: Record<string, unknown> = isObject(present) ? { ...present } : {};
  copyPath(value, copy, steps);
  return copy;
}

function exceptPaths(body: JsonObject, paths: readonly AttributePath[]): JsonObject {
  return paths.reduce<JsonObject>((shown, path) => {
    const { schema, attribute } = path;
    if (isCore(path)) return withoutCore(shown);
    const isAlways = schema === null && attribute !== null && alwaysReturned.has(attribute);
    return isAlways ? shown : withoutPath(shown, stepsIn(shown, path));
  }, body);
}

/** True for the URN of a core schema by itself, which names every attribute at the top level. */
function isCore({ schema, attribute }: AttributePath): boolean {
  return schema === null && attribute === null;
}

function isOf(path: AttributePath, attribute: string): boolean {
  return path.schema === null && isSameName(path.attribute, attribute);
}

function coreOf(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !startsWithUrn(name)));
}

function withoutCore(body: JsonObject): JsonObject {
  const kept = Object.entries(body).filter(([name]) => alwaysReturned.has(name) || startsWithUrn(name));
  return Object.fromEntries(kept);
}

/**
 * The names on the way to what a path names. The URN of an extension that nobody defined may read like an attribute of another,
 * which the body tells apart.
 */
function stepsIn(body: JsonObject, { schema, attribute, sub }: AttributePath): readonly string[] {
  const urn = `${schema}:${attribute}`;
  if (schema !== null && sub === null && ownKey(body, urn) !== undefined) return [urn];
  return [schema, attribute, sub].filter((step) => step !== null);
}

function withoutPath(object: JsonObject, steps: readonly string[]): JsonObject {
  const [step, ...rest] = steps;
  const key = step === undefined ? undefined : ownKey(object, step);
  if (key === undefined) return object;
  const { [key]: value, ...others } = object;
  if (rest.length === 0) return others;
  if (Array.isArray(value)) {
    return {
      ...others,
      [key]: value.map((item: unknown): unknown => (isObject(item) ? withoutPath(item, rest) : item)),
    };
  }
  return isObject(value) ? { ...others, [key]: withoutPath(value, rest) } : object;
}

function isSameName(name: string | null, other: string): boolean {
  return name?.toLowerCase() === other.toLowerCase();
}
