import type { MemberOperation } from "../scim/patch/patch.ts";
import type { MemberRef } from "../scim/resource.ts";
import type { Related } from "../store/related.ts";
import type { GroupRow } from "../store/tables.ts";
import { inTurns } from "../turns.ts";
import { groupOf, userOf } from "./columns.ts";
import type { WriteContext } from "./directory.ts";
import { givesRole } from "./roles.ts";
import { refreshUser } from "./users.ts";

/** Whether a user was a member before the request, and is one after the steps so far. */
interface Standing {
  readonly was: boolean;
  is: boolean;
}

/** The users a request touches, by seq, in the order it touched them. */
type Touched = Map<number, Standing>;

/**
 * Runs the membership steps of a request in order and keeps their net effect: a user added and removed by one request
 * never was a member as far as anybody hears. Only users the request names are loaded, so that the cost does not depend
 * on the size of the group, unless a step speaks of all members. Ids that are no user of this directory are passed
 * over: providers name members that they have not pushed. Returns the group as it is afterwards.
 */
export async function changeMembers(
  context: WriteContext,
  group: GroupRow,
  operations: readonly MemberOperation[],
): Promise<GroupRow> {
  const touched: Touched = new Map();
  for (const operation of operations) await step(context, { group, touched }, operation);
  const removed = seqsWhere(touched, (standing) => standing.was && !standing.is);
  const added = seqsWhere(touched, (standing) => !standing.was && standing.is);
  if (removed.length === 0 && added.length === 0) return group;
  const { memberships } = context.scope;
  await inTurns(removed, (seqs) => memberships.remove(group.seq, seqs));
  await inTurns(added, (seqs) => memberships.add(group.seq, seqs));
  const changes = { modified_at: context.at, version: group.version + 1 };
  await context.scope.groups.update(group.seq, changes);
  await announce(context, group, { removed, added });
  return { ...group, ...changes, member_count: group.member_count + added.length - removed.length };
}

interface Progress {
  readonly group: GroupRow;
  readonly touched: Touched;
}

async function step(context: WriteContext, progress: Progress, operation: MemberOperation): Promise<void> {
  switch (operation.op) {
    case "add":
      return mark(progress.touched, await touch(context, progress, idsOf(operation.members)), true);
    case "remove":
      return mark(progress.touched, await touch(context, progress, operation.ids), false);
    case "removeWhere":
      return mark(progress.touched, await touchWhere(context, progress, operation.related), false);
    case "replace": {
      // Marked before the new list is, which is then the only one left standing.
      mark(progress.touched, await touchAll(context, progress), false);
      return mark(progress.touched, await touch(context, progress, idsOf(operation.members)), true);
    }
    case "removeAll":
      return mark(progress.touched, await touchAll(context, progress), false);
    default:
      return unreachable(operation);
  }
}

async function touch(context: WriteContext, progress: Progress, ids: readonly string[]): Promise<number[]> {
  const touched: number[] = [];
  await inTurns([...new Set(ids)], async (some) => {
    const seqById = await context.scope.users.seqsOf(some);
    // In the order of the request, which is the order of the events.
    const seqs = some.map((id) => seqById.get(id)).filter((seq) => seq !== undefined);
    const unknown = seqs.filter((seq) => !progress.touched.has(seq));
    const present = await context.scope.memberships.present(progress.group.seq, unknown);
    for (const seq of unknown) progress.touched.set(seq, { was: present.has(seq), is: present.has(seq) });
    touched.push(...seqs);
  });
  return touched;
}

/** Makes every member a touched one. Returns all touched users. */
async function touchAll(context: WriteContext, { group, touched }: Progress): Promise<number[]> {
  for (const seq of await context.scope.memberships.allSeqs(group.seq)) {
    if (!touched.has(seq)) touched.set(seq, { was: true, is: true });
  }
  return [...touched.keys()];
}

/** Makes those current members touched ones who meet a condition, and no others. */
async function touchWhere(context: WriteContext, { group, touched }: Progress, related: Related): Promise<number[]> {
  const { memberships } = context.scope;
  const before = await memberships.where(group.seq, related);
  for (const seq of before) if (!touched.has(seq)) touched.set(seq, { was: true, is: true });
  // Whom this request has added is not in the table yet.
  const joining = seqsWhere(touched, (standing) => !standing.was && standing.is);
  return [...before, ...(await memberships.meeting(joining, related))];
}

function mark(touched: Touched, seqs: readonly number[], is: boolean): void {
  for (const seq of seqs) {
    const standing = touched.get(seq);
    if (standing !== undefined) standing.is = is;
  }
}

async function announce(
  context: WriteContext,
  group: GroupRow,
  { removed, added }: { removed: readonly number[]; added: readonly number[] },
): Promise<void> {
  await announceEach(context, group, { kind: "member_removed", seqs: removed });
  await announceEach(context, group, { kind: "member_added", seqs: added });
  if (!givesRole(context.mapping.role_assignment, groupOf(group))) return;
  await refreshUsers(context, [...removed, ...added]);
}

async function announceEach(
  context: WriteContext,
  group: GroupRow,
  { kind, seqs }: { readonly kind: "member_added" | "member_removed"; readonly seqs: readonly number[] },
): Promise<void> {
  await inTurns(seqs, async (some) => {
    const rows = await context.scope.memberships.usersBySeq(some);
    const rowBySeq = new Map(rows.map((row) => [row.seq, row]));
    for (const row of some.map((seq) => rowBySeq.get(seq))) {
      // To the log, a hidden user does not exist; its memberships are announced when it returns.
      if (row?.is_announced === 1) context.emit({ kind, user: userOf(row), group: groupOf(group) });
    }
  });
}

/**
 * Does work on groups, and shows anew whom it gives other roles when all of it is done: who leaves with a group's new name never had
 * the role that comes with it, and who moves from one group to another keeps what both give.
 */
export async function refreshingAfter<T>(
  context: WriteContext,
  work: (context: WriteContext) => Promise<T>,
): Promise<T> {
  const refreshesLater = new Set<number>();
  const value = await work({ ...context, refreshesLater });
  await refreshUsers(context, [...refreshesLater]);
  return value;
}

/** Shows these users anew, because a group that gives them a role has changed or gone. */
export async function refreshUsers(context: WriteContext, seqs: readonly number[]): Promise<void> {
  if (context.refreshesLater !== undefined) {
    for (const seq of seqs) context.refreshesLater.add(seq);
    return;
  }
  await inTurns(seqs, async (some) => {
    for (const user of await context.scope.users.bySeqs(some)) await refreshUser(context, user);
  });
}

function seqsWhere(touched: Touched, test: (standing: Standing) => boolean): number[] {
  return [...touched].filter(([, standing]) => test(standing)).map(([seq]) => seq);
}

function idsOf(members: readonly MemberRef[]): string[] {
  return members.map((member) => member.value);
}

function unreachable(operation: never): never {
  throw new TypeError(`No such member operation: ${String(operation)}.`);
}
