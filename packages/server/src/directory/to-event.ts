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

const names = {
  directory_activated: "dsync.activated",
  directory_deleted: "dsync.deleted",
  token_created: "dsync.token.created",
  token_revoked: "dsync.token.revoked",
  user_created: "dsync.user.created",
  user_updated: "dsync.user.updated",
  user_deleted: "dsync.user.deleted",
  group_created: "dsync.group.created",
  group_updated: "dsync.group.updated",
  group_deleted: "dsync.group.deleted",
  member_added: "dsync.group.user_added",
  member_removed: "dsync.group.user_removed",
} as const satisfies Record<Change["kind"], EventName>;

/** The name of the event that announces a change. */
export function eventNameOf({ kind }: Change): EventName {
  return names[kind];
}

/** How a change is said to the outside (contract of the dsync events): `previous_attributes` go inside `data`. */
export function toEvent(change: Change, directory: UncountedDirectory): EventDraft {
  return { name: eventNameOf(change), data: dataOf(change, directory) };
}

function dataOf(change: Change, directory: UncountedDirectory): string {
  switch (change.kind) {
    case "directory_activated":
      return JSON.stringify({
        ...toEventDirectory(directory),
        external_key: directory.external_key,
        domains: change.domains.map(({ id, domain }) => ({ object: "organization_domain", id, domain })),
      });
    case "directory_deleted":
      return JSON.stringify(toEventDirectory(directory));
    case "token_created":
    case "token_revoked":
      return JSON.stringify(toDirectoryToken(directory, change.token));
    case "user_created":
    case "user_deleted":
      return userText(change);
    case "user_updated":
      return withPrevious(userText(change), change.previous);
    case "group_created":
    case "group_deleted":
      return JSON.stringify(change.group);
    case "group_updated":
      return withPrevious(JSON.stringify(change.group), change.previous);
    case "member_added":
    case "member_removed":
      return membership(directory, change);
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
): string {
  return JSON.stringify({ directory_id: directory.id, user, group });
}

function unreachable(change: never): never {
  throw new TypeError(`No event for the change ${String(change)}.`);
}
