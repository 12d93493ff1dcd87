import { isDeepStrictEqual } from "node:util";
import { ScimError } from "../scim/error.ts";
import type { MemberOperation } from "../scim/patch/patch.ts";
import type { ScimResource } from "../scim/resource.ts";
import type { GroupRow } from "../store/tables.ts";
import { groupColumns, groupOf, groupSnapshotOf, idCharactersShown, resourceOf } from "./columns.ts";
import { previousAttributes } from "./diff.ts";
import type { WriteContext } from "./directory.ts";
import { changeMembers, refreshingAfter, refreshUsers } from "./members.ts";
import { normalizeGroup } from "./normalize.ts";
import { toDirectoryGroup } from "./objects.ts";
import { givesOtherRoles, givesRole } from "./roles.ts";

/** Creates a group without members; add them with `changeMembers`. @throws scim_error 409 uniqueness */
export async function createGroup(context: WriteContext, resource: ScimResource): Promise<GroupRow> {
  const snapshot = normalizeGroup(resource);
  const columns = groupColumns(resource, snapshot);
  await refuseTakenIdentity(context, columns, null);
  const { at, directory } = context;
  const belonging = { id: context.ids.next("directory_group_"), created_at: at, updated_at: at };
  const group = await context.scope.groups.insert({
    ...belonging,
    ...columns,
    directory_seq: directory.seq,
    member_count: 0,
    body: JSON.stringify(toDirectoryGroup(directory, snapshot, belonging)),
    modified_at: at,
  });
  context.emit({ kind: "group_created", group: groupOf(group) });
  context.count({ groups: 1 });
  return group;
}

/** What a request makes of a group. */
export interface GroupChange {
  readonly resource: ScimResource;
  readonly memberSteps: readonly MemberOperation[];
}

/**
 * Gives a group new attributes and other members, as one change: who leaves while it gets the name of one that gives a role never
 * had that role.
 * @throws scim_error 409 uniqueness
 */
export async function changeGroup(
  context: WriteContext,
  group: GroupRow,
  { resource, memberSteps }: GroupChange,
): Promise<GroupRow> {
  return await refreshingAfter(context, async (within) =>
    changeMembers(within, await updateGroup(within, group, resource), memberSteps),
  );
}

/**
 * Gives a group new attributes, and says so if that changes what events say.
 * @throws scim_error 409 uniqueness
 */
export async function updateGroup(context: WriteContext, group: GroupRow, resource: ScimResource): Promise<GroupRow> {
  if (isDeepStrictEqual(resourceOf(group), resource)) return group;
  const before = groupSnapshotOf(group);
  const after = normalizeGroup(resource, before);
  const columns = groupColumns(resource, after);
  await refuseTakenIdentity(context, columns, group);
  const previous = previousAttributes(before, after);
  const belonging = {
    id: group.id,
    created_at: group.created_at,
    updated_at: previous === null ? group.updated_at : context.at,
  };
  const changes = {
    ...columns,
    body: JSON.stringify(toDirectoryGroup(context.directory, after, belonging)),
    updated_at: belonging.updated_at,
    modified_at: context.at,
    version: group.version + 1,
  };
  await context.scope.groups.update(group.seq, changes);
  const changed = { ...group, ...changes };
  if (previous !== null) context.emit({ kind: "group_updated", group: groupOf(changed), previous });
  const { role_assignment: assignment } = context.mapping;
  if (givesOtherRoles(assignment, groupOf(group), groupOf(changed))) {
    await refreshUsers(context, await context.scope.memberships.allSeqs(group.seq));
  }
  return changed;
}

/**
 * Removes a group and its memberships. `dsync.group.deleted` is the only event, apart from those of members who lose a
 * role with it.
 */
export async function deleteGroup(context: WriteContext, group: GroupRow): Promise<void> {
  const isMapped = givesRole(context.mapping.role_assignment, groupOf(group));
  const members = isMapped ? await context.scope.memberships.allSeqs(group.seq) : [];
  await context.scope.groups.remove(group);
  context.emit({ kind: "group_deleted", group: groupOf(group) });
  context.count({ groups: -1 });
  await refreshUsers(context, members);
}

/** The group with this id. @throws scim_error 404 */
export async function existingGroup(context: WriteContext, id: string): Promise<GroupRow> {
  const group = await context.scope.groups.find(id);
  if (group === undefined) throw noSuchGroup(id);
  return group;
}

/** The refusal of an id that names no group of the directory. */
export function noSuchGroup(id: string): ScimError {
  return new ScimError(`There is no group ${id.slice(0, idCharactersShown)} in this directory.`, { status: 404 });
}

/**
 * A group is known by its externalId, and by its name only where it has none: two departments may each push a group called
 * "Managers". It stays known by what it was first known by when it is renamed, so a new group cannot take that name: to an app
 * that goes by `idp_id` the two would be one (contract of the SCIM input rules).
 */
async function refuseTakenIdentity(
  { scope }: WriteContext,
  columns: { readonly external_id: string | null; readonly display_name_folded: string; readonly idp_id: string },
  own: GroupRow | null,
): Promise<void> {
  const { external_id: externalId, display_name_folded: displayNameFolded } = columns;
  refuseOther(await scope.groups.idOfIdentity({ externalId, displayNameFolded }), own);
  // Two groups that were known by the same before stay changeable in everything else.
  if (columns.idp_id !== own?.idp_id) refuseOther(await scope.groups.idOfIdpId(columns.idp_id), own);
}

function refuseOther(holder: string | undefined, own: GroupRow | null): void {
  if (holder === undefined || holder === own?.id) return;
  throw new ScimError(`Another group, ${holder}, already has this identity.`, {
    status: 409,
    scimType: "uniqueness",
  });
}
