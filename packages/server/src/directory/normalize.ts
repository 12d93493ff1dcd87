import { isObject } from "../scim/json.ts";
import type { ResourceType, ScimResource } from "../scim/model.ts";
import { isAddress } from "../scim/usable-email.ts";
import { customAttributes } from "./custom-attributes.ts";
import { mappedAttributes } from "./mapped-attributes.ts";
import { rolesOf } from "./roles.ts";
import type { RoleGroup, Roles } from "./roles.ts";
import { defaultMapping } from "./mapping.ts";
import type { DirectoryMapping } from "./mapping.ts";

/** What an event says about a person, in wire names. Equal snapshots mean that there is nothing to say. */
export interface UserSnapshot extends Roles {
  readonly idp_id: string;
  readonly email: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly name: string | null;
  readonly state: "active" | "inactive";
  readonly custom_attributes: Readonly<Record<string, unknown>>;
}

/** What an event says about a group, in wire names. */
export interface GroupSnapshot {
  readonly idp_id: string;
  readonly name: string;
}

/** What a person is seen by, besides what the provider sent of them. */
export interface Viewpoint {
  readonly mapping: DirectoryMapping;
  /** With the schemas of the directory, which decide how paths are read. */
  readonly type: ResourceType;
  /** The groups the person is in. Only asked for where the directory assigns roles. */
  readonly groups: readonly RoleGroup[];
}

const plainViewpoint: Viewpoint = { mapping: defaultMapping, type: "User", groups: [] };

/**
 * The person behind a SCIM user (contract.md sections 7.1 to 7.4). `idp_id` is the externalId; without one it is what
 * it was before, and for a new person the userName, so that an identity survives a rename.
 */
export function normalizeUser(
  resource: ScimResource,
  before: UserSnapshot | null = null,
  { mapping, type, groups }: Viewpoint = plainViewpoint,
): UserSnapshot {
  const emails = emailsOf(resource);
  const first = textOf(partOf(resource["name"], "givenName"));
  const last = textOf(partOf(resource["name"], "familyName"));
  return {
    idp_id: textOf(resource["externalId"]) ?? before?.idp_id ?? textOf(resource["userName"]) ?? "",
    email: primaryEmail(emails),
    first_name: first,
    last_name: last,
    name: fullName(resource, first, last),
    state: resource["active"] === false ? "inactive" : "active",
    custom_attributes: withMapped(customAttributes(resource, emails), resource, { mapping, type }),
    ...rolesOf(mapping.role_assignment, groups),
  };
}

/** Nearly every directory maps none. */
function withMapped(
  attributes: Readonly<Record<string, unknown>>,
  resource: ScimResource,
  { mapping, type }: Pick<Viewpoint, "mapping" | "type">,
): Readonly<Record<string, unknown>> {
  if (mapping === defaultMapping) return attributes;
  return { ...attributes, ...mappedAttributes(resource, mapping.custom_attributes, type) };
}

/**
 * The group behind a SCIM group. `idp_id` is the externalId; without one it is what it was before, and for a new group
 * the name, as Okta identifies groups (contract.md section 7.5).
 */
export function normalizeGroup(resource: ScimResource, before: GroupSnapshot | null = null): GroupSnapshot {
  const name = textOf(resource["displayName"]) ?? "";
  return { idp_id: textOf(resource["externalId"]) ?? before?.idp_id ?? name, name };
}

/** The user's e-mails; a userName that is an address stands in when there is none (contract.md section 7.4). */
function emailsOf(resource: ScimResource): readonly Readonly<Record<string, unknown>>[] {
  const { emails, userName } = resource;
  const usable = Array.isArray(emails)
    ? emails.filter(isObject).filter((email) => textOf(email["value"]) !== null)
    : [];
  return usable.length === 0 && isAddress(userName) ? [{ primary: true, type: "work", value: userName }] : usable;
}

/** The primary address, else the first for work, else the first for home, else none: any other guess may be wrong. */
function primaryEmail(emails: readonly Readonly<Record<string, unknown>>[]): string | null {
  const addresses = emails.filter((email) => isAddress(email["value"]));
  const chosen =
    addresses.find((email) => email["primary"] === true) ??
    addresses.find((email) => isOfType(email, "work")) ??
    addresses.find((email) => isOfType(email, "home"));
  return textOf(chosen?.["value"]);
}

function isOfType(email: Readonly<Record<string, unknown>>, type: string): boolean {
  return textOf(email["type"])?.toLowerCase() === type;
}

/** Built from its parts, because providers change those and leave `formatted` behind. */
function fullName(resource: ScimResource, first: string | null, last: string | null): string | null {
  if (first !== null && last !== null) return `${first} ${last}`;
  return textOf(partOf(resource["name"], "formatted")) ?? textOf(resource["displayName"]) ?? first ?? last;
}

function partOf(value: unknown, part: string): unknown {
  return isObject(value) ? value[part] : undefined;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value.trim() !== "" ? value : null;
}
