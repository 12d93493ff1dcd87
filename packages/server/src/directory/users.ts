import { ScimError } from "../scim/error.ts";
import { sameJson } from "../scim/json.ts";
import type { ScimResource } from "../scim/resource.ts";
import { settingsOf } from "../scim/settings.ts";
import type { UserRow } from "../store/tables.ts";
import { emailsOf, groupOf, idCharactersShown, resourceOf, userColumns, userOf, userSnapshotOf } from "./columns.ts";
import { previousAttributes } from "./diff.ts";
import type { WriteContext } from "./directory.ts";
import { normalizeUser } from "./normalize.ts";
import type { UserSnapshot, Viewpoint } from "./normalize.ts";
import { toDirectoryUser } from "./objects.ts";
import type { UserSaid } from "./to-event.ts";

/*
 * A user is announced or hidden. Announced means that the log says it exists, so the lists show it and every change is
 * an event. Where a directory keeps inactive users (soft delete), all users are announced. Where it does not, an
 * inactive user is hidden: its deletion has been announced, SCIM still serves it under the same id so that the
 * identity provider can bring it back, and nothing that happens to it is an event until it returns.
 */

/**
 * Creates a user. Where a hidden user holds the name, that one returns instead, with its id and its memberships: its
 * deletion has been announced, so a provider that asks for a new user must not be told that there is one.
 * @throws scim_error 409 uniqueness
 */
export async function createUser(context: WriteContext, resource: ScimResource): Promise<UserRow> {
  const snapshot = normalizeUser(resource, null, viewpointOf(context, []));
  const columns = userColumns(resource, snapshot);
  const [holder] = await context.scope.users.lookup("user_name_folded", columns.user_name_folded);
  if (holder?.is_announced === 1) throw takenUserName(holder.id);
  refuseInactive(context, snapshot);
  if (holder !== undefined) return await updateUser(context, holder, () => resource);
  const { at, directory } = context;
  if (context.judgesEmailsLater !== true) await refuseSharedEmail(context, columns, null);
  const belonging = { id: context.ids.next("directory_user_"), created_at: at, updated_at: at };
  const isAnnounced = announces(context, snapshot);
  const shown = toDirectoryUser(directory, snapshot, belonging);
  const body = JSON.stringify(shown);
  const user = await context.scope.users.insert(
    // Column by column here and below: to spread objects of this size costs as much as to store the row.
    {
      id: belonging.id,
      directory_seq: directory.seq,
      user_name_folded: columns.user_name_folded,
      display_name_folded: columns.display_name_folded,
      external_id: columns.external_id,
      idp_id: columns.idp_id,
      email_folded: columns.email_folded,
      state: columns.state,
      is_announced: isAnnounced ? 1 : 0,
      resource: columns.resource,
      body,
      created_at: at,
      updated_at: at,
      modified_at: at,
      version: 1,
    },
    emailsOf(resource),
  );
  if (isAnnounced) context.emit({ kind: "user_created", user: shown, text: body });
  context.count({ [standingOf(user)]: 1 });
  return user;
}

/**
 * Gives a user the attributes that `change` makes of those it has, and says so if that changes what events say.
 * @throws scim_error 409 uniqueness
 */
export async function updateUser(
  context: WriteContext,
  user: UserRow,
  change: (current: ScimResource) => ScimResource,
): Promise<UserRow> {
  const current = resourceOf(user);
  const resource = change(current);
  if (sameJson(current, resource)) return user;
  const before = userSnapshotOf(user);
  const after = normalizeUser(resource, before, await viewpointOn(context, user));
  const columns = userColumns(resource, after);
  if (columns.user_name_folded !== user.user_name_folded) await refuseTakenUserName(context, columns.user_name_folded);
  const isSame = columns.email_folded === user.email_folded && columns.state === user.state;
  // Who shares an address from before the directory was strict can still be changed in everything else.
  if (!isSame && context.judgesEmailsLater !== true) await refuseSharedEmail(context, columns, user.id);
  const previous = previousAttributes(before, after);
  const belonging = {
    id: user.id,
    created_at: user.created_at,
    updated_at: previous === null ? user.updated_at : context.at,
  };
  const shown = toDirectoryUser(context.directory, after, belonging);
  const changed: UserRow = {
    seq: user.seq,
    id: user.id,
    directory_seq: user.directory_seq,
    user_name_folded: columns.user_name_folded,
    display_name_folded: columns.display_name_folded,
    external_id: columns.external_id,
    idp_id: columns.idp_id,
    email_folded: columns.email_folded,
    state: columns.state,
    is_announced: announces(context, after) ? 1 : 0,
    resource: columns.resource,
    body: JSON.stringify(shown),
    created_at: user.created_at,
    updated_at: belonging.updated_at,
    modified_at: context.at,
    version: user.version + 1,
  };
  await store(context, user, changed);
  if (resource["emails"] !== current["emails"]) {
    await context.scope.users.setEmails(user.seq, { before: emailsOf(current), after: emailsOf(resource) });
  }
  countMove(context, user, changed);
  await announceChange(context, {
    wasAnnounced: user.is_announced === 1,
    isAnnounced: changed.is_announced === 1,
    said: { user: shown, text: changed.body },
    previous,
  });
  return changed;
}

async function store({ scope }: WriteContext, before: UserRow, after: UserRow): Promise<void> {
  if (foundBy.every((column) => after[column] === before[column])) return await scope.users.updateContent(after);
  const { seq, resource, body, updated_at, modified_at, version } = after;
  const places = Object.fromEntries(foundBy.map((column) => [column, after[column]]));
  await scope.users.update(seq, { resource, body, updated_at, modified_at, version, ...places });
}

/** The columns of a user that are in an index. */
const foundBy = [
  "user_name_folded",
  "display_name_folded",
  "external_id",
  "idp_id",
  "email_folded",
  "state",
  "is_announced",
] as const satisfies readonly (keyof UserRow)[];

/**
 * Shows a user anew when what it is seen by has changed: the mapping of its directory, or its groups where these give
 * roles. What SCIM serves stays as it was.
 */
export async function refreshUser(context: WriteContext, user: UserRow): Promise<void> {
  const before = userSnapshotOf(user);
  const after = normalizeUser(resourceOf(user), before, await viewpointOn(context, user));
  if (sameJson(before, after)) return;
  const previous = previousAttributes(before, after);
  const updatedAt = previous === null ? user.updated_at : context.at;
  const belonging = { id: user.id, created_at: user.created_at, updated_at: updatedAt };
  const shown = toDirectoryUser(context.directory, after, belonging);
  await context.scope.users.update(user.seq, { body: JSON.stringify(shown), updated_at: updatedAt });
  if (previous !== null && user.is_announced === 1) context.emit({ kind: "user_updated", user: shown, previous });
}

/** Removes a user and its memberships. A hidden user goes in silence: its deletion has been announced before. */
export async function deleteUser(context: WriteContext, user: UserRow): Promise<void> {
  await context.scope.users.remove(user, { emailsFolded: emailsOf(resourceOf(user)), at: context.at });
  if (user.is_announced === 1) context.emit({ kind: "user_deleted", user: userOf(user) });
  context.count({ [standingOf(user)]: -1 });
}

/** The user with this id. @throws scim_error 404 */
export async function existingUser(context: WriteContext, id: string): Promise<UserRow> {
  const user = await context.scope.users.find(id);
  if (user === undefined) throw noSuchUser(id);
  return user;
}

/** The refusal of an id that names no user of the directory. */
export function noSuchUser(id: string): ScimError {
  return new ScimError(`There is no user ${id.slice(0, idCharactersShown)} in this directory.`, { status: 404 });
}

/**
 * Asks whether an active user may have this address.
 * @throws scim_error 409 uniqueness
 */
export async function refuseSharedEmail(
  context: WriteContext,
  { email_folded: email, state }: Pick<UserRow, "email_folded" | "state">,
  ownId: string | null,
): Promise<void> {
  if (email === null || state !== "active") return;
  if (settingsOf(context.directory).policy.shared_emails === "allow") return;
  const holder = await context.scope.users.idOfActiveEmail(email, ownId);
  if (holder === undefined) return;
  throw new ScimError(`Another user, ${holder}, already has this email and is active.`, {
    status: 409,
    scimType: "uniqueness",
  });
}

interface Announcement {
  readonly wasAnnounced: boolean;
  readonly isAnnounced: boolean;
  /** As it is now. */
  readonly said: UserSaid;
  /** Null when nothing that events say is different. */
  readonly previous: Readonly<Record<string, unknown>> | null;
}

async function announceChange(
  context: WriteContext,
  { wasAnnounced, isAnnounced, said, previous }: Announcement,
): Promise<void> {
  if (wasAnnounced && isAnnounced) {
    if (previous !== null) context.emit({ kind: "user_updated", ...said, previous });
  } else if (wasAnnounced) {
    context.emit({ kind: "user_deleted", ...said });
  } else if (isAnnounced) {
    context.emit({ kind: "user_created", ...said });
    // A reader dropped the memberships with the user, so it must hear of them again (docs/adr/0002).
    for (const group of await context.scope.groups.ofUser(said.user.id)) {
      context.emit({ kind: "member_added", user: said.user, group: groupOf(group) });
    }
  }
}

async function refuseTakenUserName(context: WriteContext, userNameFolded: string): Promise<void> {
  const holder = await context.scope.users.idOfUserName(userNameFolded);
  if (holder !== undefined) throw takenUserName(holder);
}

function refuseInactive(context: WriteContext, snapshot: UserSnapshot): void {
  if (announces(context, snapshot)) return;
  if (settingsOf(context.directory).policy.created_inactive === "hide") return;
  throw new ScimError("A user cannot be created inactive: this directory does not keep inactive users.", {
    status: 400,
  });
}

/** Groups are loaded only where they matter, because most directories assign no roles. */
async function viewpointOn(context: WriteContext, { id }: UserRow): Promise<Viewpoint> {
  const givesRoles = context.mapping.role_assignment !== null;
  return viewpointOf(context, givesRoles ? (await context.scope.groups.ofUser(id)).map(groupOf) : []);
}

function viewpointOf({ directory, mapping }: WriteContext, groups: Viewpoint["groups"]): Viewpoint {
  return { mapping, groups, type: settingsOf(directory).types.User };
}

function takenUserName(holder: string): ScimError {
  return new ScimError(`Another user, ${holder}, already has this userName.`, { status: 409, scimType: "uniqueness" });
}

function announces(context: WriteContext, snapshot: UserSnapshot): boolean {
  return context.directory.soft_delete === 1 || snapshot.state === "active";
}

function standingOf(user: UserRow): "active" | "inactive" | "hidden" {
  return user.is_announced === 1 ? user.state : "hidden";
}

function countMove(context: WriteContext, before: UserRow, after: UserRow): void {
  const from = standingOf(before);
  const to = standingOf(after);
  if (from !== to) context.count({ [from]: -1, [to]: 1 });
}
