import { canonicalValue } from "./canonical.ts";
import { badRequest } from "../error.ts";
import { isObject, safeEntries } from "../json.ts";
import type { ResourceType } from "../model.ts";
import type { ScimPolicy } from "../policy.ts";
import type { AttributeDefinition } from "./definition.ts";
import { coreAttribute, schemaByUrnOf } from "./schemas.ts";

/**
 * Refuses what a strict directory does not take in a POST or PUT. It looks at the body as it came: after a profile there are
 * no wrong types any more.
 *
 * @throws scim_error 400 invalidSyntax
 */
export function assertAsStrict(type: ResourceType, body: unknown, policy: ScimPolicy): void {
  if (!isObject(body)) return;
  for (const [name, value] of safeEntries(body)) {
    if (policy.nulls === "refuse") assertNoNull(name, value);
    if (policy.wrong_types === "refuse") assertType(type, name, value);
  }
}

function assertType(type: ResourceType, name: string, value: unknown): void {
  const definition = coreAttribute(type, name);
  // What the service sets itself is thrown away unread.
  if (definition !== undefined && definition.mutability !== "readOnly") canonicalValue(definition, value);
  const schema = schemaByUrnOf(name, type);
  if (schema === undefined || !isObject(value)) return;
  for (const [inner, item] of safeEntries(value)) {
    const attribute = schema.byName.get(inner.toLowerCase());
    if (attribute !== undefined && !isNamedAsText(attribute, item)) canonicalValue(attribute, item);
  }
}

/**
 * True for the manager as text, which is how Entra writes one, and none, into every user that it creates (idps.md section 2). The
 * service refuses `active` as text and lists that are none; whom it refused for this could not be connected at all.
 */
function isNamedAsText({ type, multiValued, byName }: AttributeDefinition, value: unknown): boolean {
  return typeof value === "string" && type === "complex" && !multiValued && byName.has("value");
}

function assertNoNull(name: string, value: unknown): void {
  if (value === null) throw badRequest("invalidSyntax", `'${name}' is null; leave it out instead.`);
  if (typeof value !== "object") return;
  for (const [inner, item] of Object.entries(value)) assertNoNull(Array.isArray(value) ? name : inner, item);
}
