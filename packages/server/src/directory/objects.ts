import type { Directory, DirectoryGroup, DirectoryToken, DirectoryUser, EventDirectory } from "@dirsync/sdk";
import type { DirectoryRow, DirectoryTokenRow, UncountedDirectory } from "../store/tables.ts";
import type { GroupSnapshot, UserSnapshot } from "./normalize.ts";

/** What a user or group has beside its snapshot: where it belongs and since when it exists. */
export interface Belonging {
  readonly id: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/**
 * A user as events and lists show it. The deprecated members are there and empty, as the service has sent them since
 * 2026-04-15 (contract of deprecations).
 */
export function toDirectoryUser(
  directory: UncountedDirectory,
  snapshot: UserSnapshot,
  belonging: Belonging,
): DirectoryUser {
  return {
    object: "directory_user",
    id: belonging.id,
    directory_id: directory.id,
    organization_id: directory.organization_id,
    idp_id: snapshot.idp_id,
    email: snapshot.email,
    first_name: snapshot.first_name,
    last_name: snapshot.last_name,
    name: snapshot.name,
    emails: [],
    job_title: null,
    username: null,
    state: snapshot.state,
    raw_attributes: {},
    custom_attributes: snapshot.custom_attributes,
    ...(snapshot.role === undefined ? {} : { role: snapshot.role }),
    ...(snapshot.roles === undefined ? {} : { roles: snapshot.roles }),
    created_at: belonging.created_at,
    updated_at: belonging.updated_at,
  };
}

/** A group as events and lists show it. */
export function toDirectoryGroup(
  directory: UncountedDirectory,
  snapshot: GroupSnapshot,
  belonging: Belonging,
): DirectoryGroup {
  return {
    object: "directory_group",
    id: belonging.id,
    idp_id: snapshot.idp_id,
    directory_id: directory.id,
    organization_id: directory.organization_id,
    name: snapshot.name,
    raw_attributes: {},
    created_at: belonging.created_at,
    updated_at: belonging.updated_at,
  };
}

/** The directory as GET /directories shows it: a connected one is `linked` there, one that nothing has come from yet `unlinked`. */
export function toDirectory(directory: DirectoryRow): Directory {
  return {
    object: "directory",
    id: directory.id,
    organization_id: directory.organization_id,
    external_key: directory.external_key,
    type: directory.type,
    state: directory.connected_at === null ? "unlinked" : "linked",
    name: directory.name,
    metadata: {
      users: { active: directory.users_active, inactive: directory.users_inactive },
      groups: directory.groups,
    },
    created_at: directory.created_at,
    updated_at: directory.updated_at,
  };
}

/** The directory as events show it: a connected one is `active` there. */
export function toEventDirectory(directory: UncountedDirectory): EventDirectory {
  return {
    object: "directory",
    id: directory.id,
    organization_id: directory.organization_id,
    type: directory.type,
    state: "active",
    name: directory.name,
    created_at: directory.created_at,
    updated_at: directory.updated_at,
  };
}

/** A token as events show it: never the token itself. */
export function toDirectoryToken(directory: UncountedDirectory, token: DirectoryTokenRow): DirectoryToken {
  return {
    object: "directory_token",
    id: token.id,
    directory_id: directory.id,
    organization_id: directory.organization_id,
    token_suffix: token.suffix,
    created_at: token.created_at,
  };
}
