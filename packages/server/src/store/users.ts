import { sql } from "kysely";
import type { Kysely } from "kysely";
import { chunksOf } from "./chunks.ts";
import type { LookupColumn, OrderedPage, Users } from "./model.ts";
import type { Tables, UserRow } from "./tables.ts";

/** Columns of a user that memberships and their events need. */
export const memberColumns = [
  "directory_user.seq",
  "directory_user.id",
  "directory_user.is_announced",
  "directory_user.resource",
  "directory_user.body",
] as const;

/** The users of one directory. */
export function usersOn(db: Kysely<Tables>, directorySeq: number): Users {
  const ofDirectory = () => db.selectFrom("directory_user").where("directory_user.directory_seq", "=", directorySeq);
  return {
    insert: async (row, emailsFolded) => {
      const user = await db.insertInto("directory_user").values(row).returningAll().executeTakeFirstOrThrow();
      await insertEmails(db, user, emailsFolded);
      return user;
    },
    find: (id) => ofDirectory().selectAll().where("id", "=", id).executeTakeFirst(),
    seqsOf: async (ids) => {
      const seqs = new Map<string, number>();
      for (const chunk of chunksOf(ids)) {
        const rows = await ofDirectory().select(["id", "seq"]).where("id", "in", chunk).execute();
        for (const { id, seq } of rows) seqs.set(id, seq);
      }
      return seqs;
    },
    idOfUserName: async (userNameFolded) => {
      const row = await ofDirectory().select("id").where("user_name_folded", "=", userNameFolded).executeTakeFirst();
      return row?.id;
    },
    idOfActiveEmail: async (emailFolded, exceptId) => {
      const row = await ofDirectory()
        .select("id")
        .where("email_folded", "=", emailFolded)
        .where("state", "=", "active")
        .where("id", "!=", exceptId ?? "")
        .executeTakeFirst();
      return row?.id;
    },
    update: async (seq, changes) => {
      await db
        .updateTable("directory_user")
        .set(changes)
        .where("seq", "=", seq)
        .where("directory_seq", "=", directorySeq)
        .execute();
    },
    setEmails: async (seq, { before, after }) => {
      const gone = before.filter((value) => !after.includes(value));
      await removeEmails(db, { directory_seq: directorySeq, seq }, gone);
      const added = after.filter((value) => !before.includes(value));
      await insertEmails(db, { directory_seq: directorySeq, seq }, added);
    },
    remove: (user, change) => removeUser(db, user, change),
    after: (above, limit) => ofDirectory().selectAll().where("seq", ">", above).orderBy("seq").limit(limit).execute(),
    page: (offset, limit) => userPage(db, { directorySeq, offset, limit }).execute(),
    placeOf: (id) => placeOfUser(db, directorySeq, id),
    ordered: async (order, page) => {
      const rows = await userOrder(db, { directorySeq, order, ...page }).execute();
      return rows.map((row) => row.seq);
    },
    bySeqs: (seqs) => usersBySeqs(db, directorySeq, seqs),
    lookup: (column, value) => lookup(db, directorySeq, { column, value }),
  };
}

/** Users in creation order. The rows left out are counted in the index alone. */
export function userPage(db: Kysely<Tables>, at: { directorySeq: number; offset: number; limit: number }) {
  const first = db
    .selectFrom("directory_user")
    .select("seq")
    .where("directory_seq", "=", at.directorySeq)
    .orderBy("seq")
    .limit(1)
    .offset(at.offset);
  return db
    .selectFrom("directory_user")
    .selectAll()
    .where("directory_seq", "=", at.directorySeq)
    .where("seq", ">=", first)
    .orderBy("seq")
    .limit(at.limit);
}

/** Seqs of users in the order of an index, which holds all that the query looks at. */
export function userOrder(
  db: Kysely<Tables>,
  at: OrderedPage & { directorySeq: number; order: "seq" | "user_name_folded" },
) {
  const direction = at.isDescending ? "desc" : "asc";
  return db
    .selectFrom("directory_user")
    .select("seq")
    .where("directory_seq", "=", at.directorySeq)
    .$if(at.order !== "seq", (query) => query.orderBy("user_name_folded", direction))
    .orderBy("seq", direction)
    .limit(at.limit)
    .offset(at.offset);
}

/** Ids grow in creation order, so the place of one that is gone is found from the newest backwards. */
async function placeOfUser(db: Kysely<Tables>, directorySeq: number, id: string): Promise<number> {
  const places = db.selectFrom("directory_user").select("seq").where("directory_seq", "=", directorySeq);
  const found =
    (await places.where("id", "=", id).executeTakeFirst()) ??
    (await places.where("id", "<=", id).orderBy("seq", "desc").limit(1).executeTakeFirst());
  return found?.seq ?? 0;
}

async function usersBySeqs(db: Kysely<Tables>, directorySeq: number, seqs: readonly number[]): Promise<UserRow[]> {
  const rows: UserRow[] = [];
  for (const chunk of chunksOf(seqs)) {
    const found = await db
      .selectFrom("directory_user")
      .selectAll()
      .where("directory_seq", "=", directorySeq)
      .where("seq", "in", chunk)
      .orderBy("seq")
      .execute();
    rows.push(...found);
  }
  return rows;
}

interface EmailOwner {
  readonly directory_seq: number;
  readonly seq: number;
}

async function insertEmails(db: Kysely<Tables>, user: EmailOwner, values: readonly string[]): Promise<void> {
  if (values.length === 0) return;
  const rows = values.map((value) => ({
    directory_seq: user.directory_seq,
    value_folded: value,
    user_seq: user.seq,
  }));
  for (const chunk of chunksOf(rows)) await db.insertInto("directory_user_email").values(chunk).execute();
}

async function removeEmails(db: Kysely<Tables>, user: EmailOwner, values: readonly string[]): Promise<void> {
  for (const chunk of chunksOf(values)) {
    await db
      .deleteFrom("directory_user_email")
      .where("directory_seq", "=", user.directory_seq)
      .where("value_folded", "in", chunk)
      .where("user_seq", "=", user.seq)
      .execute();
  }
}

async function removeUser(
  db: Kysely<Tables>,
  user: UserRow,
  { emailsFolded, at }: { emailsFolded: readonly string[]; at: string },
): Promise<void> {
  await db
    .updateTable("directory_group")
    .set({ member_count: sql<number>`member_count - 1`, modified_at: at, version: sql<number>`version + 1` })
    .where("seq", "in", (query) => query.selectFrom("membership").select("group_seq").where("user_seq", "=", user.seq))
    .execute();
  await db.deleteFrom("membership").where("user_seq", "=", user.seq).execute();
  await removeEmails(db, user, emailsFolded);
  await db.deleteFrom("directory_user").where("seq", "=", user.seq).execute();
  await db.insertInto("tombstone").values({ id: user.id, kind: "directory_user", seq: user.seq }).execute();
}

async function lookup(
  db: Kysely<Tables>,
  directorySeq: number,
  { column, value }: { column: LookupColumn; value: string },
): Promise<UserRow[]> {
  if (column !== "email") {
    return await db
      .selectFrom("directory_user")
      .selectAll()
      .where("directory_seq", "=", directorySeq)
      .where(column, "=", value)
      .orderBy("seq")
      .execute();
  }
  return await db
    .selectFrom("directory_user_email")
    .innerJoin("directory_user", "directory_user.seq", "directory_user_email.user_seq")
    .selectAll("directory_user")
    .where("directory_user_email.directory_seq", "=", directorySeq)
    .where("directory_user_email.value_folded", "=", value)
    .orderBy("directory_user_email.user_seq")
    .execute();
}
