import { sql } from "kysely";
import type { Kysely } from "kysely";
import { belongsTo } from "./belongs-to.ts";
import { chunksOf } from "./chunks.ts";
import type { Memberships } from "./membership-model.ts";
import { fewUsers, meets } from "./related.ts";
import type { Related } from "./related.ts";
import type { Tables } from "./tables.ts";

/** Users looked at by one query where each has to be: some milliseconds, for which others wait. */
const usersPerLook = 2_000;

/** Memberships by what is on their other side, which no question here loads. */
export function relatedMemberships(
  db: Kysely<Tables>,
  directorySeq: number,
): Pick<Memberships, "after" | "page" | "where" | "meeting" | "groupsWith" | "usersIn"> {
  return {
    after: (groupSeq, above, limit) =>
      membersOf(db, { directorySeq, groupSeq }).where("membership.user_seq", ">", above).limit(limit).execute(),
    page: (groupSeq, offset, limit) => memberPage(db, { directorySeq, groupSeq, offset, limit }).execute(),
    where: async (groupSeq, related) => {
      const rows = await membersWhere(db, { directorySeq, groupSeq, related }).execute();
      return rows.map((row) => row.user_seq).sort((left, right) => left - right);
    },
    meeting: async (userSeqs, related) => {
      const seqs: number[] = [];
      for (const chunk of chunksOf(userSeqs)) {
        const rows = await usersMeeting(db, { directorySeq, related, userSeqs: chunk }).execute();
        seqs.push(...rows.map(({ seq }) => seq));
      }
      return seqs;
    },
    groupsWith: async (related, above) => {
      const isFew = fewUsers(directorySeq, related) !== null;
      const last = isFew ? null : await lastOfLook(db, directorySeq, above);
      const below = last ?? Number.MAX_SAFE_INTEGER;
      const groups = await groupsWhere(db, { directorySeq, related, above, below }).execute();
      return { groups, next: last };
    },
    usersIn: async (related, userSeqs) => {
      const ids: string[] = [];
      for (const chunk of chunksOf(userSeqs)) {
        ids.push(...(await usersWhere(db, { directorySeq, related, userSeqs: chunk }).execute()).map(({ id }) => id));
      }
      return ids;
    },
  };
}

interface OneGroup {
  readonly directorySeq: number;
  readonly groupSeq: number;
}

function membersOf(db: Kysely<Tables>, { directorySeq, groupSeq }: OneGroup) {
  return db
    .selectFrom("membership")
    .innerJoin("directory_user", "directory_user.seq", "membership.user_seq")
    .selectAll("directory_user")
    .where("membership.group_seq", "=", groupSeq)
    .where("directory_user.directory_seq", "=", directorySeq)
    .orderBy("membership.user_seq");
}

/** Members in creation order. The rows left out are counted in the index alone. */
export function memberPage(db: Kysely<Tables>, at: OneGroup & { offset: number; limit: number }) {
  const first = db
    .selectFrom("membership")
    .select("user_seq")
    .where("group_seq", "=", at.groupSeq)
    .orderBy("user_seq")
    .limit(1)
    .offset(at.offset);
  return membersOf(db, at).where("membership.user_seq", ">=", first).limit(at.limit);
}

/** Members who meet a condition, in no order: for SQLite, to sort would be a reason to walk the group. */
export function membersWhere(db: Kysely<Tables>, { directorySeq, groupSeq, related }: OneGroup & { related: Related }) {
  const few = fewUsers(directorySeq, related);
  return db
    .selectFrom("membership")
    .innerJoin("directory_user", "directory_user.seq", "membership.user_seq")
    .select("membership.user_seq")
    .where("membership.group_seq", "=", groupSeq)
    .where("directory_user.directory_seq", "=", directorySeq)
    .$if(few !== null, (query) => query.where(sql<boolean>`directory_user.seq in (${few})`))
    .where(meets("directory_user", related));
}

/** Groups with a member who meets a condition. */
export function groupsWhere(
  db: Kysely<Tables>,
  at: { directorySeq: number; related: Related; above: number; below: number },
) {
  const few = fewUsers(at.directorySeq, at.related);
  return db
    .selectFrom("directory_user")
    .innerJoin("membership", "membership.user_seq", "directory_user.seq")
    .innerJoin("directory_group", "directory_group.seq", "membership.group_seq")
    .select(["directory_group.seq", "directory_group.id"])
    .distinct()
    .where("directory_user.directory_seq", "=", at.directorySeq)
    .$if(few !== null, (query) => query.where(sql<boolean>`directory_user.seq in (${few})`))
    .$if(few === null, (query) =>
      query.where("directory_user.seq", ">", at.above).where("directory_user.seq", "<=", at.below),
    )
    .where(meets("directory_user", at.related));
}

interface SomeUsers {
  readonly directorySeq: number;
  readonly related: Related;
  readonly userSeqs: readonly number[];
}

/** Those of the users who meet a condition. */
export function usersMeeting(db: Kysely<Tables>, { directorySeq, related, userSeqs }: SomeUsers) {
  return db
    .selectFrom("directory_user")
    .select("seq")
    .where(belongsTo("directory_user", directorySeq))
    .where("seq", "in", userSeqs)
    .where(meets("directory_user", related));
}

/** Those of the users who are in a group that meets a condition. */
export function usersWhere(db: Kysely<Tables>, at: SomeUsers) {
  return db
    .selectFrom("directory_user")
    .innerJoin("membership", "membership.user_seq", "directory_user.seq")
    .innerJoin("directory_group", "directory_group.seq", "membership.group_seq")
    .select("directory_user.id")
    .distinct()
    .where(belongsTo("directory_user", at.directorySeq))
    .where("directory_user.seq", "in", at.userSeqs)
    .where(meets("directory_group", at.related));
}

/** The last of the users to look at next; null when those that are left are few enough. */
async function lastOfLook(db: Kysely<Tables>, directorySeq: number, above: number): Promise<number | null> {
  const row = await db
    .selectFrom("directory_user")
    .select("seq")
    .where("directory_seq", "=", directorySeq)
    .where("seq", ">", above)
    .orderBy("seq")
    .limit(1)
    .offset(usersPerLook - 1)
    .executeTakeFirst();
  return row?.seq ?? null;
}
