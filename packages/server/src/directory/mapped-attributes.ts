import { compileElementFilter } from "../scim/filter/match.ts";
import { isObject, ownValue } from "../scim/json.ts";
import type { ResourceType, ScimResource } from "../scim/model.ts";
import { parsePatchPath } from "../scim/patch/path.ts";

/**
 * The attributes that a directory maps itself, read from a user by their paths: `title`, `name.middleName`,
 * `addresses[type eq "work"].locality`, `urn:acme:2.0:User:badge`. One that leads nowhere is null (contract.md section
 * 7.2).
 */
export function mappedAttributes(
  user: ScimResource,
  mapping: Readonly<Record<string, string>>,
  type: ResourceType,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(mapping).map(([name, path]) => [name, valueAt(user, path, type) ?? null]));
}

/**
 * The value at a path. Of a list, the element that meets the filter, else the primary one, else the first; an element
 * that is named without a part of it is its `value`, where it has one.
 */
function valueAt(user: ScimResource, path: string, type: ResourceType): unknown {
  const { schema, attribute, sub, definition, where } = parsePatchPath(type, path, false);
  const holder = schema === null ? user : ownValue(user, schema);
  if (attribute === null) return holder;
  const value = isObject(holder) ? ownValue(holder, attribute) : undefined;
  const isList = Array.isArray(value);
  if (sub === null && where === null) return value;
  const element = isList ? elementOf(value, where === null ? null : compileElementFilter(where, definition)) : value;
  if (sub !== null) return isObject(element) ? ownValue(element, sub) : undefined;
  return isList && isObject(element) ? (ownValue(element, "value") ?? element) : element;
}

function elementOf(list: readonly unknown[], test: ((element: unknown) => boolean) | null): unknown {
  const candidates = test === null ? list : list.filter(test);
  return candidates.find((element) => isObject(element) && element["primary"] === true) ?? candidates[0];
}
