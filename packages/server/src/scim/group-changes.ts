import { resourceOf } from "../directory/columns.ts";
import type { WriteContext } from "../directory/directory.ts";
import { changeGroup, createGroup, deleteGroup, existingGroup } from "../directory/groups.ts";
import { changeMembers } from "../directory/members.ts";
import type { GroupRow } from "../store/tables.ts";
import { assertPreconditions } from "./etag.ts";
import { applyPatch, memberOperations, parsePatch } from "./patch/patch.ts";
import { assertRequired, mergePut, parseGroup } from "./resource.ts";
import { readOnce } from "./user-changes.ts";
import type { ChangeRequest, Dialect, Work } from "./user-changes.ts";

/** @throws scim_error 400 for a wrong body; the work, 409 uniqueness */
export function groupCreation(body: unknown, dialect: Dialect): Work<GroupRow> {
  const { resource, members } = parseGroup(body, dialect.profile, dialect.settings);
  assertRequired(dialect.settings.types.Group, resource, {});
  return async (write) => {
    const created = await createGroup(write, resource);
    return members === null ? created : await changeMembers(write, created, [{ op: "add", members }]);
  };
}

/** The work throws scim_error 400 for a wrong body, 404, 409 or 412. */
export function groupReplacement(request: ChangeRequest, body: unknown, dialect: Dialect): Work<GroupRow> {
  const read = readOnce(() => parseGroup(body, dialect.profile, dialect.settings));
  return async (write) => {
    const { current, given } = await currentGroup(write, request, read);
    const replaced = resourceOf(current);
    const resource = mergePut(replaced, given.resource, dialect.settings);
    assertRequired(dialect.settings.types.Group, resource, replaced);
    const members = given.members ?? (dialect.settings.policy.omitted_on_put === "clear" ? [] : null);
    return await changeGroup(write, current, {
      resource,
      memberSteps: members === null ? [] : [{ op: "replace", members }],
    });
  };
}

/** The work throws scim_error 400 or 413 for a wrong body, 404, 409 or 412. */
export function groupPatch(request: ChangeRequest, body: unknown, dialect: Dialect): Work<GroupRow> {
  const read = readOnce(() => parsePatch(dialect.settings.types.Group, body, dialect.profile));
  return async (write) => {
    const { current, given: operations } = await currentGroup(write, request, read);
    return await changeGroup(write, current, {
      resource: applyPatch(dialect.settings.types.Group, resourceOf(current), operations),
      memberSteps: memberOperations(operations),
    });
  };
}

/** The work throws scim_error 404 or 412. */
export function groupDeletion(request: ChangeRequest): Work<void> {
  return async (write) => {
    const { current } = await currentGroup(write, request, () => null);
    await deleteGroup(write, current);
  };
}

async function currentGroup<T>(write: WriteContext, { id, preconditions }: ChangeRequest, read: () => T) {
  const current = await existingGroup(write, id);
  const given = read();
  assertPreconditions(preconditions, current);
  return { current, given };
}
