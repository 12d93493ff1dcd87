import type { DirectoryGroup, DirectoryUser, EventName } from "@dirsync/sdk";
import type { UncountedDirectory, DirectoryTokenRow, StoredDomain } from "../store/tables.ts";
import { toDirectoryToken, toEventDirectory } from "./objects.ts";

/** One thing that happened in a directory, with the objects as they are afterwards. */
export type Change =
  | { readonly kind: "directory_activated"; readonly domains: readonly StoredDomain[] }
  | { readonly kind: "directory_deleted" }
  | { readonly kind: "token_created" | "token_revoked"; readonly token: DirectoryTokenRow }
  | ({ readonly kind: "user_created" | "user_deleted" } & UserSaid)
  | ({ readonly kind: "user_updated"; readonly previous: Previous } & UserSaid)
  | { readonly kind: "group_created" | "group_deleted"; readonly group: DirectoryGroup }
  | { readonly kind: "group_updated"; readonly group: DirectoryGroup; readonly previous: Previous }
  | {
      readonly kind: "member_added" | "member_removed";
      readonly user: DirectoryUser;
      readonly group: DirectoryGroup;
    };

/** A user as events show it. */
export interface UserSaid {
  readonly user: DirectoryUser;
  /** The same as JSON, where it was made already. */
  readonly text?: string;
}

/** Old values of what changed, by name. */
export type Previous = Readonly<Record<string, unknown>>;

/** Name and payload of the event that announces a change. */
export interface EventDraft {
  readonly name: EventName;
  /** As JSON. */
  readonly data: string;
}

/** How a change is said to the outside (contract of the dsync events): `previous_attributes` go inside `data`. */
export function toEvent(change: Change, directory: UncountedDirectory): EventDraft {
  switch (change.kind) {
    case "directory_activated":
      return {
        name: "dsync.activated",
        data: JSON.stringify({
          ...toEventDirectory(directory),
          external_key: directory.external_key,
          domains: change.domains.map(({ id, domain }) => ({ object: "organization_domain", id, domain })),
        }),
      };
    case "directory_deleted":
      return { name: "dsync.deleted", data: JSON.stringify(toEventDirectory(directory)) };
    case "token_created":
      return { name: "dsync.token.created", data: JSON.stringify(toDirectoryToken(directory, change.token)) };
    case "token_revoked":
      return { name: "dsync.token.revoked", data: JSON.stringify(toDirectoryToken(directory, change.token)) };
    case "user_created":
      return { name: "dsync.user.created", data: userText(change) };
    case "user_updated":
      return { name: "dsync.user.updated", data: withPrevious(userText(change), change.previous) };
    case "user_deleted":
      return { name: "dsync.user.deleted", data: userText(change) };
    case "group_created":
      return { name: "dsync.group.created", data: JSON.stringify(change.group) };
    case "group_updated":
      return { name: "dsync.group.updated", data: withPrevious(JSON.stringify(change.group), change.previous) };
    case "group_deleted":
      return { name: "dsync.group.deleted", data: JSON.stringify(change.group) };
    case "member_added":
      return { name: "dsync.group.user_added", data: membership(directory, change) };
    case "member_removed":
      return { name: "dsync.group.user_removed", data: membership(directory, change) };
    default:
      return unreachable(change);
  }
}

function userText({ user, text }: UserSaid): string {
  return text ?? JSON.stringify(user);
}

function withPrevious(object: string, previous: Previous): string {
  return `${object.slice(0, -1)},"previous_attributes":${JSON.stringify(previous)}}`;
}

function membership(
  directory: UncountedDirectory,
  { user, group }: { user: DirectoryUser; group: DirectoryGroup },
): EventDraft["data"] {
  return JSON.stringify({ directory_id: directory.id, user, group });
}

function unreachable(change: never): never {
  throw new TypeError(`No event for the change ${String(change)}.`);
}
