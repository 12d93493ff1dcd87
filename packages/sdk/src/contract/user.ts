import { bag, flag, list, literal, nullish, object, optional, text, type Check } from "./check.ts";
import { groupCheck, type DirectoryGroup } from "./group.ts";

/** A role given by the mapping of groups to roles. */
export interface Role {
  readonly slug: string;
  readonly [field: string]: unknown;
}

/** One address of a user. */
export interface UserEmail {
  readonly primary?: boolean | null | undefined;
  readonly type?: string | null | undefined;
  readonly value?: string | null | undefined;
  readonly [field: string]: unknown;
}

/** One postal address of a user. */
export interface UserAddress {
  readonly type?: string | null | undefined;
  readonly street_address?: string | null | undefined;
  readonly locality?: string | null | undefined;
  readonly region?: string | null | undefined;
  readonly postal_code?: string | null | undefined;
  readonly country?: string | null | undefined;
  readonly primary?: boolean | null | undefined;
  /** The whole address as the provider wrote it. */
  readonly raw_address?: string | null | undefined;
  readonly [field: string]: unknown;
}

/**
 * The custom attributes whose names the service has fixed. Each is there only where the environment has switched it on,
 * and null where the provider has no value. Pass `predefinedAttributesSchema` of `@dirsync/sdk/schemas` as
 * `customAttributes` to have them checked and typed; it may be extended by an environment's own.
 */
export interface PredefinedAttributes {
  readonly addresses?: readonly UserAddress[] | null | undefined;
  readonly cost_center_name?: string | null | undefined;
  readonly department_name?: string | null | undefined;
  readonly display_name?: string | null | undefined;
  readonly division_name?: string | null | undefined;
  readonly emails?: readonly UserEmail[] | null | undefined;
  readonly employee_number?: string | null | undefined;
  readonly employee_type?: string | null | undefined;
  /** ISO 8601. */
  readonly employment_start_date?: string | null | undefined;
  readonly job_title?: string | null | undefined;
  readonly manager_email?: string | null | undefined;
  readonly manager_id?: string | null | undefined;
  readonly manager_name?: string | null | undefined;
  readonly organization?: string | null | undefined;
  readonly username?: string | null | undefined;
  readonly [name: string]: unknown;
}

/** Attributes that an environment has configured, by name. */
export type CustomAttributes = Readonly<Record<string, unknown>>;

/**
 * One person in a directory, as events show it. Fields this type does not name are kept.
 *
 * Only `id` can be relied on in old payloads, so everything else that a real payload has been seen without is
 * optional; and what a user may be without may be null, since one such user must not cost the whole page. `Custom` types
 * `custom_attributes`; reads check it when they are given a schema for it.
 */
export interface DirectoryUser<Custom extends object = CustomAttributes> {
  readonly object?: "directory_user" | undefined;
  /** Of any shape in imported directories: never parse it. */
  readonly id: string;
  readonly directory_id: string;
  readonly organization_id?: string | null | undefined;
  /** The provider's own id. */
  readonly idp_id?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly first_name?: string | null | undefined;
  readonly last_name?: string | null | undefined;
  /** Full name. */
  readonly name?: string | null | undefined;
  /** @deprecated Empty since 2026-04-15; read `custom_attributes.emails`. */
  readonly emails?: readonly UserEmail[] | null | undefined;
  /** @deprecated Null since 2026-04-15; read `custom_attributes.job_title`. */
  readonly job_title?: string | null | undefined;
  /** @deprecated Null since 2026-04-15; read `custom_attributes.username`. */
  readonly username?: string | null | undefined;
  /** `active`, `inactive`, or `suspended` in payloads from before 2023-12-11. */
  readonly state: string;
  /** @deprecated Empty since 2026-04-15. */
  readonly raw_attributes?: Readonly<Record<string, unknown>> | null | undefined;
  readonly custom_attributes?: Custom | null | undefined;
  /** The highest of `roles`. */
  readonly role?: Role | null | undefined;
  readonly roles?: readonly Role[] | null | undefined;
  readonly created_at: string;
  /** Not moved by membership changes. */
  readonly updated_at: string;
  readonly [field: string]: unknown;
}

/** One user, as REST reads show it. */
export interface DirectoryUserWithGroups<Custom extends object = CustomAttributes> extends DirectoryUser<Custom> {
  /** @deprecated Empty for teams created since 2026-05-01; list groups with `user`. */
  readonly groups?: readonly DirectoryGroup[] | null | undefined;
}

const isText = text.accepts;
const roleCheck = object<Role>({ slug: text });
const maybeRole = nullish(roleCheck);
const maybeRoles = nullish(list(roleCheck));
const emailCheck = object<UserEmail>({ primary: nullish(flag), type: nullish(text), value: nullish(text) });
const maybeEmails = nullish(list(emailCheck));
const maybeGroups = nullish(list(groupCheck));
const maybeBag = nullish(bag);

const fieldByField: Check<DirectoryUserWithGroups> = object({
  object: optional(literal("directory_user")),
  id: text,
  directory_id: text,
  organization_id: nullish(text),
  idp_id: nullish(text),
  email: nullish(text),
  first_name: nullish(text),
  last_name: nullish(text),
  name: nullish(text),
  emails: maybeEmails,
  job_title: nullish(text),
  username: nullish(text),
  state: text,
  raw_attributes: maybeBag,
  custom_attributes: maybeBag,
  role: maybeRole,
  roles: maybeRoles,
  created_at: text,
  updated_at: text,
  groups: maybeGroups,
});

/** Checks a user as REST reads show it. */
export const userCheck: Check<DirectoryUserWithGroups> = {
  ...fieldByField,
  accepts: (value) => isRight(value as DirectoryUserWithGroups | null) || fieldByField.accepts(value),
};

/**
 * True for most users there are, and never for one that a field disqualifies. A property that is read by its own name costs
 * a tenth of one that is looked up by a name in a table, and lists are made of users.
 */
function isRight(user: DirectoryUserWithGroups | null): boolean {
  return (
    user?.object === "directory_user" &&
    isText(user.id) &&
    isText(user.directory_id) &&
    isText(user.organization_id ?? "") &&
    isText(user.idp_id ?? "") &&
    isText(user.email ?? "") &&
    isText(user.first_name ?? "") &&
    isText(user.last_name ?? "") &&
    isText(user.name ?? "") &&
    maybeEmails.accepts(user.emails) &&
    isText(user.job_title ?? "") &&
    isText(user.username ?? "") &&
    isText(user.state) &&
    maybeBag.accepts(user.raw_attributes) &&
    maybeBag.accepts(user.custom_attributes) &&
    maybeRole.accepts(user.role) &&
    maybeRoles.accepts(user.roles) &&
    isText(user.created_at) &&
    isText(user.updated_at) &&
    maybeGroups.accepts(user.groups)
  );
}
