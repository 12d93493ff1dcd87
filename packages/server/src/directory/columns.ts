import type { DirectoryGroup, DirectoryUser } from "@dirsync/sdk";
import type { ScimResource } from "../scim/resource.ts";
import { fold } from "../store/fold.ts";
import type { GroupRow, UserRow } from "../store/tables.ts";
import type { GroupSnapshot, UserSnapshot } from "./normalize.ts";

/** How much of an id from a request is repeated in a message. */
export const idCharactersShown = 128;

/** The stored SCIM attributes. */
export function resourceOf(row: { readonly resource: string }): ScimResource {
  return JSON.parse(row.resource) as ScimResource;
}

/** The stored user as events show it. */
export function userOf(row: { readonly body: string }): DirectoryUser {
  return JSON.parse(row.body) as DirectoryUser;
}

/** The stored group as events show it. */
export function groupOf(row: { readonly body: string }): DirectoryGroup {
  return JSON.parse(row.body) as DirectoryGroup;
}

/** What the log last said about a user. */
export function userSnapshotOf(row: UserRow): UserSnapshot {
  const user = userOf(row);
  return {
    idp_id: row.idp_id,
    email: user.email ?? null,
    first_name: user.first_name ?? null,
    last_name: user.last_name ?? null,
    name: user.name ?? null,
    state: row.state,
    custom_attributes: user.custom_attributes ?? {},
    ...(user.role === undefined || user.role === null ? {} : { role: user.role }),
    ...(user.roles === undefined || user.roles === null ? {} : { roles: user.roles }),
  };
}

/** What the log last said about a group. */
export function groupSnapshotOf(row: GroupRow): GroupSnapshot {
  return { idp_id: row.idp_id, name: groupOf(row).name };
}

/** The columns a user is found by. */
export function userColumns(resource: ScimResource, snapshot: UserSnapshot) {
  const displayName = textOf(resource["displayName"]);
  return {
    user_name_folded: fold(textOf(resource["userName"]) ?? ""),
    display_name_folded: displayName === null ? null : fold(displayName),
    external_id: textOf(resource["externalId"]),
    idp_id: snapshot.idp_id,
    email_folded: snapshot.email === null ? null : fold(snapshot.email),
    state: snapshot.state,
    resource: JSON.stringify(resource),
  };
}

/** The columns a group is found by. */
export function groupColumns(resource: ScimResource, snapshot: GroupSnapshot) {
  return {
    display_name_folded: fold(textOf(resource["displayName"]) ?? ""),
    external_id: textOf(resource["externalId"]),
    idp_id: snapshot.idp_id,
    resource: JSON.stringify(resource),
  };
}

/** Every e-mail address of a user, once each. */
export function emailsOf(resource: ScimResource): string[] {
  const emails: unknown = resource["emails"];
  if (!Array.isArray(emails)) return [];
  const values = emails.map((email: unknown) =>
    typeof email === "object" && email !== null && "value" in email ? textOf(email.value) : null,
  );
  return [...new Set(values.filter((value) => value !== null).map(fold))];
}

/** What a member list shows for a user. */
export function displayOf(resource: ScimResource): string | null {
  return textOf(resource["displayName"]) ?? textOf(resource["userName"]);
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
