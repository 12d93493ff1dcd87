import { sql } from "kysely";
import type { Kysely } from "kysely";
import { belongsTo } from "./belongs-to.ts";
import { chunksOf } from "./chunks.ts";
import type { Connection } from "./connection.ts";
import type { MemberRow, Memberships, NamedMember } from "./membership-model.ts";
import { relatedMemberships } from "./related-memberships.ts";
import type { Tables } from "./tables.ts";
import { memberColumns } from "./users.ts";

/** The memberships of one directory. Group seqs come from its own `groups`, user seqs from its own `users`. */
export function membershipsOn({ db }: Connection, directorySeq: number): Memberships {
  return {
    named: (userSeqs) => namedMembers(db, directorySeq, userSeqs),
    allSeqs: async (groupSeq) => {
      const rows = await db
        .selectFrom("membership")
        .select("user_seq")
        .where("group_seq", "=", groupSeq)
        .orderBy("user_seq")
        .execute();
      return rows.map((row) => row.user_seq);
    },
    ...relatedMemberships(db, directorySeq),
    present: async (groupSeq, userSeqs) => {
      const found = new Set<number>();
      for (const chunk of chunksOf(userSeqs)) {
        const rows = await membersAmong(db, groupSeq, chunk).execute();
        for (const row of rows) found.add(row.user_seq);
      }
      return found;
    },
    usersBySeq: async (userSeqs) => {
      const rows: MemberRow[] = [];
      for (const chunk of chunksOf(userSeqs)) {
        rows.push(...(await memberRows(db, directorySeq, chunk).execute()));
      }
      return rows;
    },
    add: async (groupSeq, userSeqs) => {
      const rows = userSeqs.map((userSeq) => ({ group_seq: groupSeq, user_seq: userSeq }));
      for (const chunk of chunksOf(rows)) await db.insertInto("membership").values(chunk).execute();
      await countMembers(db, groupSeq, userSeqs.length);
    },
    remove: async (groupSeq, userSeqs) => {
      for (const chunk of chunksOf(userSeqs)) {
        await db.deleteFrom("membership").where("group_seq", "=", groupSeq).where("user_seq", "in", chunk).execute();
      }
      await countMembers(db, groupSeq, -userSeqs.length);
    },
  };
}

async function namedMembers(
  db: Kysely<Tables>,
  directorySeq: number,
  userSeqs: readonly number[],
): Promise<NamedMember[]> {
  const rows: NamedMember[] = [];
  for (const chunk of chunksOf(userSeqs)) rows.push(...(await nameRows(db, directorySeq, chunk).execute()));
  return rows;
}

/** What a list of members says of these users, in creation order. */
export function nameRows(db: Kysely<Tables>, directorySeq: number, userSeqs: readonly number[]) {
  return db
    .selectFrom("directory_user")
    .select(["seq", "id", "resource"])
    .where(belongsTo("directory_user", directorySeq))
    .where("seq", "in", userSeqs)
    .orderBy("seq");
}

/** What events of memberships say of these users. */
export function memberRows(db: Kysely<Tables>, directorySeq: number, userSeqs: readonly number[]) {
  return db
    .selectFrom("directory_user")
    .select(memberColumns)
    .where(belongsTo("directory_user", directorySeq))
    .where("seq", "in", userSeqs);
}

/** Those of the users who are in the group. */
export function membersAmong(db: Kysely<Tables>, groupSeq: number, userSeqs: readonly number[]) {
  return db
    .selectFrom("membership")
    .select("user_seq")
    .where("group_seq", "=", groupSeq)
    .where("user_seq", "in", userSeqs);
}

async function countMembers(db: Kysely<Tables>, groupSeq: number, change: number): Promise<void> {
  if (change === 0) return;
  await db
    .updateTable("directory_group")
    .set({ member_count: sql<number>`member_count + ${change}` })
    .where("seq", "=", groupSeq)
    .execute();
}
