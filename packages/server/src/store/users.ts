import { sql } from "kysely";
import type { Kysely } from "kysely";
import { belongsTo } from "./belongs-to.ts";
import { chunksOf } from "./chunks.ts";
import { prepared, preparedByNames } from "./connection.ts";
import type { Connection, Prepared } from "./connection.ts";
import type { LookupColumn, OrderedPage, UserContent, Users } from "./model.ts";
import type { NewUser, Tables, UserRow } from "./tables.ts";

/** Columns of a user that memberships and their events need. */
export const memberColumns = [
  "directory_user.seq",
  "directory_user.id",
  "directory_user.is_announced",
  "directory_user.resource",
  "directory_user.body",
] as const;

/** The users of one directory. */
export function usersOn(connection: Connection, directorySeq: number): Users {
  const { db } = connection;
  const ofDirectory = () => db.selectFrom("directory_user").where("directory_user.directory_seq", "=", directorySeq);
  return {
    insert: async (row, emailsFolded) => {
      const user = { ...row, seq: connection.run(userInserted, row) };
      insertEmails(connection, user, emailsFolded);
      return user;
    },
    find: async (id) => connection.first(userById, { directorySeq, id }),
    seqsOf: async (ids) => {
      const seqs = new Map<string, number>();
      for (const chunk of chunksOf(ids)) {
        const rows = await usersByIds(db, directorySeq, chunk).execute();
        for (const { id, seq } of rows) seqs.set(id, seq);
      }
      return seqs;
    },
    idOfUserName: async (userNameFolded) => connection.first(idByUserName, { directorySeq, userNameFolded })?.id,
    idOfActiveEmail: async (emailFolded, exceptId) =>
      connection.first(idByActiveEmail, { directorySeq, emailFolded, exceptId: exceptId ?? "" })?.id,
    update: async (seq, changes) => {
      connection.run(userUpdated, { ...changes, seq, directory_seq: directorySeq });
    },
    updateContent: async ({ seq, resource, body, updated_at, modified_at, version }) => {
      connection.run(contentUpdated, { directorySeq, seq, resource, body, updated_at, modified_at, version });
    },
    setEmails: async (seq, { before, after }) => {
      const user = { directory_seq: directorySeq, seq };
      removeEmails(
        connection,
        user,
        before.filter((value) => !after.includes(value)),
      );
      insertEmails(
        connection,
        user,
        after.filter((value) => !before.includes(value)),
      );
    },
    remove: (user, change) => removeUser(connection, user, change),
    after: (above, limit) => ofDirectory().selectAll().where("seq", ">", above).orderBy("seq").limit(limit).execute(),
    page: (offset, limit) => userPage(db, { directorySeq, offset, limit }).execute(),
    placeOf: (id) => placeOfUser(db, directorySeq, id),
    ordered: async (order, page) => {
      const rows = await userOrder(db, { directorySeq, order, ...page }).execute();
      return rows.map((row) => row.seq);
    },
    bySeqs: (seqs) => usersBySeqs(db, directorySeq, seqs),
    lookup: async (column, value) => connection.all(lookups[column], { directorySeq, value }),
  };
}

const userInserted = prepared((db, row: Omit<UserRow, "seq">) =>
  db.insertInto("directory_user").values({
    id: row.id,
    directory_seq: row.directory_seq,
    user_name_folded: row.user_name_folded,
    display_name_folded: row.display_name_folded,
    external_id: row.external_id,
    idp_id: row.idp_id,
    email_folded: row.email_folded,
    state: row.state,
    is_announced: row.is_announced,
    resource: row.resource,
    body: row.body,
    created_at: row.created_at,
    updated_at: row.updated_at,
    modified_at: row.modified_at,
    version: row.version,
  } satisfies Omit<UserRow, "seq">),
);

const userById = prepared((db, { directorySeq, id }: { directorySeq: number; id: string }) =>
  db.selectFrom("directory_user").selectAll().where("directory_seq", "=", directorySeq).where("id", "=", id),
);

const idByUserName = prepared(
  (db, { directorySeq, userNameFolded }: { directorySeq: number; userNameFolded: string }) =>
    db
      .selectFrom("directory_user")
      .select("id")
      .where("directory_seq", "=", directorySeq)
      .where("user_name_folded", "=", userNameFolded),
);

const idByActiveEmail = prepared((db, given: { directorySeq: number; emailFolded: string; exceptId: string }) =>
  db
    .selectFrom("directory_user")
    .select("id")
    .where("directory_seq", "=", given.directorySeq)
    .where("email_folded", "=", given.emailFolded)
    .where("state", "=", "active")
    .where("id", "!=", given.exceptId),
);

const userUpdated = preparedByNames(
  (db, { seq, directory_seq, ...changes }: Partial<NewUser> & { seq: number; directory_seq: number }) =>
    db.updateTable("directory_user").set(changes).where("seq", "=", seq).where("directory_seq", "=", directory_seq),
);

const contentUpdated = prepared((db, given: UserContent & { directorySeq: number }) =>
  db
    .updateTable("directory_user")
    .set({
      resource: given.resource,
      body: given.body,
      updated_at: given.updated_at,
      modified_at: given.modified_at,
      version: given.version,
    })
    .where("seq", "=", given.seq)
    .where("directory_seq", "=", given.directorySeq),
);

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
  for (const chunk of chunksOf(seqs)) rows.push(...(await usersInOrder(db, directorySeq, chunk).execute()));
  return rows;
}

/** Where users with these ids stand. */
export function usersByIds(db: Kysely<Tables>, directorySeq: number, ids: readonly string[]) {
  return db
    .selectFrom("directory_user")
    .select(["id", "seq"])
    .where(belongsTo("directory_user", directorySeq))
    .where("id", "in", ids);
}

/** These users in creation order. */
export function usersInOrder(db: Kysely<Tables>, directorySeq: number, seqs: readonly number[]) {
  return db
    .selectFrom("directory_user")
    .selectAll()
    .where(belongsTo("directory_user", directorySeq))
    .where("seq", "in", seqs)
    .orderBy("seq");
}

interface EmailOwner {
  readonly directory_seq: number;
  readonly seq: number;
}

const emailInserted = prepared((db, given: EmailOwner & { value: string }) =>
  db
    .insertInto("directory_user_email")
    .values({ directory_seq: given.directory_seq, value_folded: given.value, user_seq: given.seq }),
);

const emailRemoved = prepared((db, given: EmailOwner & { value: string }) =>
  db
    .deleteFrom("directory_user_email")
    .where("directory_seq", "=", given.directory_seq)
    .where("value_folded", "=", given.value)
    .where("user_seq", "=", given.seq),
);

function insertEmails(connection: Connection, { directory_seq, seq }: EmailOwner, values: readonly string[]): void {
  for (const value of values) connection.run(emailInserted, { directory_seq, seq, value });
}

function removeEmails(connection: Connection, { directory_seq, seq }: EmailOwner, values: readonly string[]): void {
  for (const value of values) connection.run(emailRemoved, { directory_seq, seq, value });
}

async function removeUser(
  connection: Connection,
  user: UserRow,
  { emailsFolded, at }: { emailsFolded: readonly string[]; at: string },
): Promise<void> {
  const { db } = connection;
  await db
    .updateTable("directory_group")
    .set({ member_count: sql<number>`member_count - 1`, modified_at: at, version: sql<number>`version + 1` })
    .where("seq", "in", (query) => query.selectFrom("membership").select("group_seq").where("user_seq", "=", user.seq))
    .execute();
  await db.deleteFrom("membership").where("user_seq", "=", user.seq).execute();
  removeEmails(connection, user, emailsFolded);
  await db.deleteFrom("directory_user").where("seq", "=", user.seq).execute();
  await db.insertInto("tombstone").values({ id: user.id, kind: "directory_user", seq: user.seq }).execute();
}

type Lookup = Prepared<{ directorySeq: number; value: string }, UserRow>;

const lookups: Readonly<Record<LookupColumn, Lookup>> = {
  id: lookupBy("id"),
  user_name_folded: lookupBy("user_name_folded"),
  display_name_folded: lookupBy("display_name_folded"),
  external_id: lookupBy("external_id"),
  email: prepared((db, { directorySeq, value }) =>
    db
      .selectFrom("directory_user_email")
      .innerJoin("directory_user", "directory_user.seq", "directory_user_email.user_seq")
      .selectAll("directory_user")
      .where("directory_user_email.directory_seq", "=", directorySeq)
      .where("directory_user_email.value_folded", "=", value)
      .orderBy("directory_user_email.user_seq"),
  ),
};

function lookupBy(column: Exclude<LookupColumn, "email">): Lookup {
  return prepared((db, { directorySeq, value }) =>
    db
      .selectFrom("directory_user")
      .selectAll()
      .where("directory_seq", "=", directorySeq)
      .where(column, "=", value)
      .orderBy("seq"),
  );
}
