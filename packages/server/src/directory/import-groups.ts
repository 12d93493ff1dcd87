/**
 * The groups of a file of people, and who is in them. The file is all the groups there are: one that it does not name is
 * emptied, and stays. Where people who are not in the file are kept, they are kept in their groups.
 */
import type { MemberOperation } from "../scim/patch/patch.ts";
import { fold } from "../store/fold.ts";
import type { GroupRow, UserRow } from "../store/tables.ts";
import { nextTurn } from "../turns.ts";
import { groupOf, resourceOf } from "./columns.ts";
import type { WriteContext } from "./directory.ts";
import { createGroup, updateGroup } from "./groups.ts";
import { changeMembers, refreshingAfter } from "./members.ts";

// Rows looked at between two queries.
const rowsPerRead = 500;

/** A group of the file that has an id of its own, by which it is known when its name changes. */
export interface ImportedGroup {
  readonly id: string;
  readonly name: string;
}

/** Somebody of the file, as far as groups go. */
interface Grouped {
  /** Names of their groups, or ids where the groups have such; null where the file does not speak of groups. */
  readonly groups: readonly string[] | null;
}

/** What is imported, with the users that the people became. */
interface GroupsOfFile {
  readonly people: readonly Grouped[];
  readonly users: readonly Pick<UserRow, "seq" | "id">[];
  /** Groups with ids of their own; null where people name theirs. */
  readonly groups: readonly ImportedGroup[] | null;
  readonly missing: "deactivate" | "keep";
}

/** Makes and renames groups, and gives each the members that it has in the file. */
export async function takeGroups(context: WriteContext, file: GroupsOfFile): Promise<void> {
  if (file.groups === null && file.people.every((person) => person.groups === null)) return;
  await refreshingAfter(context, (within) => takeEach(within, file));
}

async function takeEach(context: WriteContext, { people, users, groups, missing }: GroupsOfFile): Promise<void> {
  const members = membersBy(groups === null ? fold : (id) => id, people, users);
  const taken =
    groups === null ? await takeNamed(context, members) : await takeIdentified(context, groups, await known(context));
  const idOf = new Map(users.map(({ seq, id }) => [seq, id]));
  for await (const group of everyGroup(context)) {
    const ids = members.get(taken.get(group.seq) ?? "")?.ids ?? [];
    const named = ids.map((value) => ({ value }));
    const operations: readonly MemberOperation[] =
      missing === "deactivate"
        ? [{ op: "replace", members: named }]
        : [
            { op: "remove", ids: idsIn(await context.scope.memberships.allSeqs(group.seq), idOf) },
            { op: "add", members: named },
          ];
    await changeMembers(context, group, operations);
    await nextTurn();
  }
}

/** The ids of those who are people of the file. */
function idsIn(seqs: readonly number[], idOf: ReadonlyMap<number, string>): readonly string[] {
  return seqs.map((seq) => idOf.get(seq)).filter((id) => id !== undefined);
}

/** Members of a group of the file, and what the file calls it. */
interface Members {
  readonly name: string;
  readonly ids: string[];
}

function membersBy(
  keyOf: (named: string) => string,
  people: readonly Grouped[],
  users: readonly Pick<UserRow, "seq" | "id">[],
): ReadonlyMap<string, Members> {
  const members = new Map<string, Members>();
  for (const [index, { groups }] of people.entries()) {
    const user = users[index];
    for (const name of user === undefined ? [] : (groups ?? [])) {
      const group = members.get(keyOf(name)) ?? { name, ids: [] };
      if (user !== undefined) group.ids.push(user.id);
      members.set(keyOf(name), group);
    }
  }
  return members;
}

/** By seq, the key under which a group's members are found. */
type Taken = ReadonlyMap<number, string>;

async function takeNamed(context: WriteContext, members: ReadonlyMap<string, Members>): Promise<Taken> {
  const byName = new Map<string, GroupRow>();
  for await (const group of everyGroup(context)) byName.set(fold(groupOf(group).name), group);
  for (const [folded, { name }] of members) {
    if (!byName.has(folded)) byName.set(folded, await createGroup(context, { displayName: name }));
  }
  return new Map([...byName].map(([folded, { seq }]) => [seq, folded]));
}

async function known(context: WriteContext): Promise<readonly GroupRow[]> {
  const groups: GroupRow[] = [];
  for await (const group of everyGroup(context)) groups.push(group);
  return groups;
}

/** A group is the one with its id; one that was imported by its name alone, before the file had ids, is found by that. */
async function takeIdentified(
  context: WriteContext,
  groups: readonly ImportedGroup[],
  before: readonly GroupRow[],
): Promise<Taken> {
  const byId = new Map(before.filter(({ external_id: id }) => id !== null).map((group) => [group.external_id, group]));
  const byName = new Map(
    before.filter(({ external_id: id }) => id === null).map((group) => [group.display_name_folded, group]),
  );
  const taken = new Map<number, string>();
  for (const { id, name } of groups) {
    const found = byId.get(id) ?? byName.get(fold(name));
    const identity = { externalId: id, displayName: name };
    const group =
      found === undefined
        ? await createGroup(context, identity)
        : await updateGroup(context, found, { ...resourceOf(found), ...identity });
    byName.delete(fold(name));
    taken.set(group.seq, id);
  }
  return taken;
}

async function* everyGroup({ scope }: WriteContext): AsyncGenerator<GroupRow> {
  for (let above = 0; ;) {
    const rows = await scope.groups.after(above, rowsPerRead);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    above = last.seq;
  }
}
