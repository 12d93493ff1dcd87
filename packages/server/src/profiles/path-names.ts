import { parseAttributePath, startsWithUrn } from "../scim/schema/attribute-path.ts";
import { isObject, ownValue, safeEntries, type JsonObject } from "../scim/json.ts";
import type { ResourceType } from "../scim/model.ts";
import { coreAttribute } from "../scim/schema/schemas.ts";
import { hasPath, type Rewrite } from "./rewrite.ts";
import type { RawOperation } from "./spelling.ts";

/**
 * Names that are really paths. With its compliance flag on, Entra sends one operation without a path whose value has
 * names such as `name.familyName` or `emails[type eq "work"].value`; each becomes an operation of its own, in the order
 * of the text, since the last one to touch an attribute counts (transcript entra-10). Bodies get `a.b` and
 * `urn:…:User:b` as nested objects.
 */
export const pathNames: Rewrite = {
  resource(type, body) {
    if (!Object.entries(body).some(([name, value]) => isNestedName(type, name, value))) return body;
    const schemas = schemasNamedIn(body);
    const plain: Record<string, unknown> = {};
    for (const [name, value] of safeEntries(body)) {
      if (!schemas.has(name.toLowerCase()) && isNestedName(type, name, value)) nest(plain, { type, name, value });
      else plain[name] = isObject(value) && isObject(plain[name]) ? { ...plain[name], ...value } : value;
    }
    return plain;
  },
  operation(type, operation) {
    const { op, value } = operation;
    if (hasPath(operation) || op === "remove" || !isObject(value)) return [operation];
    const operations: RawOperation[] = [];
    let plain: Record<string, unknown> = {};
    for (const [name, item] of safeEntries(value)) {
      if (!isPathName(type, name, item)) {
        plain[name] = item;
        continue;
      }
      if (Object.keys(plain).length > 0) operations.push({ op, value: plain });
      plain = {};
      operations.push({ op, path: name, value: item });
    }
    if (operations.length === 0) return [operation];
    return Object.keys(plain).length > 0 ? [...operations, { op, value: plain }] : operations;
  },
};

function isPathName(type: ResourceType, name: string, value: unknown): boolean {
  if (name.includes("[")) return true;
  if (!startsWithUrn(name)) return name.includes(".");
  return parseAttributePath(name, "invalidPath", { type, valueIsObject: isObject(value) }).attribute !== null;
}

/**
 * What a body names as schemas, in lower case: nobody knows the URNs of other people's extensions, and by its look Okta's
 * `urn:okta:…:1.0:user:custom` could as well be an attribute `custom` (RFC 7643 section 3 has `schemas` say it).
 */
function schemasNamedIn(body: JsonObject): ReadonlySet<string> {
  const schemas = ownValue(body, "schemas");
  const names: readonly unknown[] = Array.isArray(schemas) ? schemas : [schemas];
  return new Set(names.filter((name) => typeof name === "string").map((name) => name.toLowerCase()));
}

/** In a body, only the parts of a value we know are nested; any other name with a dot is a name of its own. */
function isNestedName(type: ResourceType, name: string, value: unknown): boolean {
  if (startsWithUrn(name)) return !name.includes("[") && isPathName(type, name, value);
  if (!name.includes(".")) return false;
  const [outer = "", ...inner] = name.split(".");
  const definition = coreAttribute(type, outer);
  return inner.length === 1 && definition?.type === "complex" && !definition.multiValued;
}

function nest(
  plain: Record<string, unknown>,
  { type, name, value }: { readonly type: ResourceType; readonly name: string; readonly value: unknown },
): void {
  const { schema, attribute, sub } = parseAttributePath(name, "invalidPath", { type, valueIsObject: isObject(value) });
  const steps = [schema, attribute, sub].filter((step) => step !== null);
  const [outer, inner, innermost] = steps;
  if (outer === undefined) return;
  if (inner === undefined) {
    plain[outer] = value;
    return;
  }
  const current = plain[outer];
  const holder: JsonObject = isObject(current) ? current : {};
  if (innermost === undefined) {
    plain[outer] = { ...holder, [inner]: value };
    return;
  }
  const nested = holder[inner];
  plain[outer] = { ...holder, [inner]: { ...(isObject(nested) ? nested : {}), [innermost]: value } };
}
