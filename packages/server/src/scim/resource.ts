import type { Profile } from "../profiles/profile.ts";
import { startsWithUrn } from "./schema/attribute-path.ts";
import { canonicalValue } from "./schema/canonical.ts";
import { badRequest } from "./error.ts";
import {
  assertShape,
  assignedJson,
  isObject,
  jsonTypeOf,
  ownKey,
  ownValue,
  safeEntries,
  type JsonObject,
} from "./json.ts";
import { parseMembers, type MemberRef } from "./members.ts";
import { extensionsOf, nameOf } from "./model.ts";
import type { ResourceType, ScimResource } from "./model.ts";
import { coreAttribute, coreSchemaOf, isCoreUrn, schemaByUrnOf } from "./schema/schemas.ts";
import { defaultSettings } from "./settings.ts";
import type { ScimSettings } from "./settings.ts";
import { assertAsStrict } from "./schema/strictness.ts";
import { assertUsableEmail } from "./usable-email.ts";

export type { MemberRef } from "./members.ts";
export type { ResourceType, ScimResource } from "./model.ts";

/** A group without its members, and the members apart; null when the body did not speak of them. */
export interface ParsedGroup {
  readonly resource: ScimResource;
  readonly members: readonly MemberRef[] | null;
}

/**
 * The user in the body of a POST. Read-only attributes are ignored, unknown ones kept.
 *
 * @throws scim_error 400 invalidSyntax for a wrong type; invalidValue without userName, or without the usable e-mail that most
 * directories ask for
 */
export function parseUser(body: unknown, profile: Profile, settings: ScimSettings = defaultSettings): ScimResource {
  const resource = userIn(body, profile, settings);
  assertRequired(settings.types.User, resource, {});
  if (settings.policy.missing_emails === "refuse") assertUsableEmail(resource);
  return resource;
}

/**
 * The user in the body of a PUT, which is read like one in a POST. What its extensions require is for `assertRequired`, once
 * it is known whom it replaces.
 *
 * @throws scim_error 400 as `parseUser`, but invalidSyntax without usable e-mail, which is how the service tells the two apart
 * (contract of the SCIM input rules)
 */
export function parseReplacement(body: unknown, profile: Profile, settings: ScimSettings): ScimResource {
  const resource = userIn(body, profile, settings);
  if (settings.policy.missing_emails === "refuse") assertUsableEmail(resource, "invalidSyntax");
  return resource;
}

function userIn(body: unknown, profile: Profile, settings: ScimSettings): ScimResource {
  const type = settings.types.User;
  const resource = canonicalResource(type, plainBody(type, body, { profile, settings }));
  assertNamed(type, resource);
  return resource;
}

/**
 * The group in a POST or PUT body. Members that name nobody are for the store to drop, and what its extensions require is for
 * `assertRequired`.
 *
 * @throws scim_error 400 invalidSyntax for a wrong type; invalidValue without displayName or with a blank member
 */
export function parseGroup(body: unknown, profile: Profile, settings: ScimSettings = defaultSettings): ParsedGroup {
  const type = settings.types.Group;
  const plain = plainBody(type, body, { profile, settings });
  const resource = canonicalResource(type, plain);
  assertNamed(type, resource);
  const members = membersIn(type, plain);
  return { resource, members: members === null || members === undefined ? null : parseMembers(members) };
}

/** What a body says of members: like every core attribute, they may stand under the URN of their schema. */
function membersIn(type: ResourceType, plain: JsonObject): unknown {
  const isCore = (name: string): boolean => startsWithUrn(name) && isCoreUrn(schemaByUrnOf(name, type)?.id ?? "");
  const holders = [
    plain,
    ...Object.keys(plain)
      .filter(isCore)
      .map((name) => plain[name]),
  ];
  return holders
    .filter(isObject)
    .map((holder) => ownValue(holder, "members"))
    .find((members) => members !== undefined);
}

/**
 * What a PUT leaves behind: the replacement, except that `active` and `externalId` stay where it does not speak of
 * them. Several providers leave `active` out, and reading that as true would let a leaver back in; `externalId` is the
 * identity other systems know the record by. A directory may decide that they go, as in RFC 7644 section 3.5.1.
 */
export function mergePut(
  current: ScimResource,
  replacement: ScimResource,
  { policy }: Pick<ScimSettings, "policy"> = defaultSettings,
): ScimResource {
  if (policy.omitted_on_put === "clear") return replacement;
  const kept: Record<string, unknown> = {};
  for (const name of ["active", "externalId"]) {
    if (current[name] !== undefined && replacement[name] === undefined) kept[name] = current[name];
  }
  return { ...replacement, ...kept };
}

/**
 * The user with `active` said. Nobody who is not switched off is inactive, and clients want to read it of everybody: Okta's test
 * of a new app looks at it (idps.md section 1).
 */
export function withActive(user: ScimResource): ScimResource {
  return user["active"] === undefined ? { ...user, active: true } : user;
}

/** The `schemas` value of an answer: the core schema and every extension the resource carries. */
export function schemasOf(type: ResourceType, resource: ScimResource): string[] {
  return [coreSchemaOf(type).id, ...Object.keys(resource).filter(startsWithUrn)];
}

/**
 * A plain object in canonical form, without any check that it is complete.
 *
 * @throws scim_error 400 invalidSyntax for a wrong type
 */
function canonicalResource(type: ResourceType, plain: JsonObject): ScimResource {
  const resource: Record<string, unknown> = {};
  for (const [name, value] of safeEntries(plain)) {
    const parts = startsWithUrn(name) ? schemaParts(type, name, value) : coreParts(type, name, value);
    for (const [key, part] of parts) resource[ownKey(resource, key) ?? key] = part;
  }
  return resource;
}

/** Refuses a resource without what it is called by. @throws scim_error 400 invalidValue */
function assertNamed(type: ResourceType, resource: ScimResource): void {
  const name = namedBy(type);
  if (resource[name] === undefined) throw badRequest("invalidValue", `'${name}' is required.`);
}

function namedBy(type: ResourceType): string {
  return nameOf(type) === "User" ? "userName" : "displayName";
}

/** Refuses a resource that misses something, as `missingRequired` says it. @throws scim_error 400 invalidValue */
export function assertRequired(type: ResourceType, resource: ScimResource, before: ScimResource): void {
  const missing = missingRequired(type, resource, before);
  if (missing !== null) throw badRequest("invalidValue", `'${missing.path}' is required.`);
}

/** An attribute that a resource cannot be without. */
export interface RequiredAttribute {
  readonly schema: string | null;
  readonly attribute: string;
  readonly path: string;
}

/**
 * The first attribute that its type, or an extension it has, asks of the resource in vain; null when there is all. What the extension
 * lacked `before` is not asked for: a schema that came later would keep every leaver in whose provider knows nothing of it.
 */
export function missingRequired(
  type: ResourceType,
  resource: ScimResource,
  before: ScimResource,
): RequiredAttribute | null {
  const name = namedBy(type);
  if (resource[name] === undefined) return { schema: null, attribute: name, path: name };
  for (const { id, attributes } of extensionsOf(type)) {
    const missing = attributes.find(
      (each) => each.required && lacks(resource, id, each.name) && !lacks(before, id, each.name),
    );
    if (missing !== undefined) return { schema: id, attribute: missing.name, path: `${id}:${missing.name}` };
  }
  return null;
}

/** True for a resource that has the extension, and in it, in whatever letter case, not the attribute. */
function lacks(resource: ScimResource, urn: string, name: string): boolean {
  const extension = ownValue(resource, urn);
  return isObject(extension) && ownValue(extension, name) === undefined;
}

/** True for attributes that a client cannot keep in the resource: read-only, write-only, or stored apart. */
export function isKeptApart(type: ResourceType, name: string): boolean {
  const definition = coreAttribute(type, name);
  if (definition === undefined) return false;
  const { mutability } = definition;
  return mutability === "readOnly" || mutability === "writeOnly" || ["schemas", "members"].includes(definition.name);
}

function plainBody(
  type: ResourceType,
  body: unknown,
  { profile, settings }: { readonly profile: Profile; readonly settings: ScimSettings },
): JsonObject {
  assertShape(body);
  assertAsStrict(type, body, settings.policy);
  const plain = profile.resource(type, body);
  if (!isObject(plain)) {
    throw badRequest("invalidSyntax", `The body is expected to be a JSON object, received ${jsonTypeOf(plain)}.`);
  }
  return plain;
}

type Parts = readonly (readonly [name: string, value: unknown])[];

/** A core attribute in canonical form; nothing for one that is not assigned or not kept here. */
function coreParts(type: ResourceType, name: string, value: unknown): Parts {
  if (isKeptApart(type, name)) return [];
  const definition = coreAttribute(type, name) ?? null;
  const canonical = canonicalValue(definition, value);
  return canonical === undefined ? [] : [[definition?.name ?? name, canonical]];
}

/** An extension in canonical form; the attributes themselves where a body puts core ones under their URN. */
function schemaParts(type: ResourceType, urn: string, value: unknown): Parts {
  if (value === null || value === undefined || value === "") return [];
  if (!isObject(value)) {
    throw badRequest("invalidSyntax", `'${urn}' is expected object, received ${jsonTypeOf(value)}.`);
  }
  const schema = schemaByUrnOf(urn, type);
  if (schema !== undefined && isCoreUrn(schema.id)) {
    return safeEntries(value).flatMap(([name, item]) => coreParts(type, name, item));
  }
  const content: Record<string, unknown> = {};
  for (const [name, item] of safeEntries(value)) {
    const definition = schema?.byName.get(name.toLowerCase());
    const canonical = definition === undefined ? assignedJson(item) : canonicalValue(definition, item);
    if (canonical !== undefined) content[definition?.name ?? name] = canonical;
  }
  return Object.keys(content).length === 0 ? [] : [[schema?.id ?? urn, content]];
}
