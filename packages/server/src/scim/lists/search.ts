import { badRequest } from "../error.ts";
import { isObject, jsonTypeOf, ownValue } from "../json.ts";

/**
 * A search request in a body (RFC 7644 section 3.4.3) as the query of a list request: both say the same, and a search is
 * for filters that must not stand in an address, where they would be logged on the way.
 *
 * @throws scim_error 400 invalidSyntax when a member is of a wrong type
 */
export function searchQuery(body: unknown): URLSearchParams {
  if (!isObject(body)) throw badRequest("invalidSyntax", `A search is expected object, received ${jsonTypeOf(body)}.`);
  const query = new URLSearchParams();
  for (const name of [
    "filter",
    "sortBy",
    "sortOrder",
    "startIndex",
    "count",
    "attributes",
    "excludedAttributes",
    "cursor",
  ]) {
    const value = ownValue(body, name);
    if (value !== undefined && value !== null) query.set(name, textOf(name, value));
  }
  return query;
}

function textOf(name: string, value: unknown): string {
  if (typeof value === "string") return value;
  const isList = name === "attributes" || name === "excludedAttributes";
  if (isList && Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join(",");
  const isCount = name === "startIndex" || name === "count";
  if (isCount && typeof value === "number") return String(value);
  const expected = isList ? "list of strings" : isCount ? "number" : "string";
  throw badRequest("invalidSyntax", `'${name}' is expected ${expected}, received ${jsonTypeOf(value)}.`);
}
