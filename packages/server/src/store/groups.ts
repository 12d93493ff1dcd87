import type { Kysely } from "kysely";
import { belongsTo } from "./belongs-to.ts";
import { chunksOf } from "./chunks.ts";
import { prepared } from "./connection.ts";
import type { Connection } from "./connection.ts";
import type { Groups, LookupColumn, OrderedPage } from "./model.ts";
import type { GroupRow, Tables } from "./tables.ts";

/** The groups of one directory. */
export function groupsOn(connection: Connection, directorySeq: number): Groups {
  const { db } = connection;
  const ofDirectory = () => db.selectFrom("directory_group").where("directory_group.directory_seq", "=", directorySeq);
  return {
    insert: (row) => db.insertInto("directory_group").values(row).returningAll().executeTakeFirstOrThrow(),
    find: async (id) => connection.first(groupById, { directorySeq, id }),
    idOfIdentity: async ({ externalId, displayNameFolded }) => {
      const named = ofDirectory().select("id");
      const row = await (
        externalId === null
          ? named.where("display_name_folded", "=", displayNameFolded).where("external_id", "is", null)
          : named.where("external_id", "=", externalId)
      ).executeTakeFirst();
      return row?.id;
    },
    idOfIdpId: async (idpId) => (await groupByIdpId(db, { directorySeq, idpId }).executeTakeFirst())?.id,
    update: async (seq, changes) => {
      await db
        .updateTable("directory_group")
        .set(changes)
        .where("seq", "=", seq)
        .where("directory_seq", "=", directorySeq)
        .execute();
    },
    remove: async (group) => {
      await db.deleteFrom("membership").where("group_seq", "=", group.seq).execute();
      await db.deleteFrom("directory_group").where("seq", "=", group.seq).execute();
      await db.insertInto("tombstone").values({ id: group.id, kind: "directory_group", seq: group.seq }).execute();
    },
    after: (above, limit) => ofDirectory().selectAll().where("seq", ">", above).orderBy("seq").limit(limit).execute(),
    page: (offset, limit) => groupPage(db, { directorySeq, offset, limit }).execute(),
    placeOf: (id) => placeOfGroup(db, directorySeq, id),
    ordered: async (order, page) => {
      const rows = await groupOrder(db, { directorySeq, order, ...page }).execute();
      return rows.map((row) => row.seq);
    },
    bySeqs: async (seqs) => {
      const rows: GroupRow[] = [];
      for (const chunk of chunksOf(seqs)) rows.push(...(await groupsInOrder(db, directorySeq, chunk).execute()));
      return rows;
    },
    lookup: async (column, value) => {
      if (!isGroupColumn(column)) return [];
      return await ofDirectory().selectAll().where(column, "=", value).orderBy("seq").execute();
    },
    ofUser: async (userId) => connection.all(groupsOfUser, { directorySeq, userId }),
  };
}

/** These groups in creation order. */
export function groupsInOrder(db: Kysely<Tables>, directorySeq: number, seqs: readonly number[]) {
  return db
    .selectFrom("directory_group")
    .selectAll()
    .where(belongsTo("directory_group", directorySeq))
    .where("seq", "in", seqs)
    .orderBy("seq");
}

/** Groups in creation order. The rows left out are counted in the index alone. */
export function groupPage(db: Kysely<Tables>, at: { directorySeq: number; offset: number; limit: number }) {
  const first = db
    .selectFrom("directory_group")
    .select("seq")
    .where("directory_seq", "=", at.directorySeq)
    .orderBy("seq")
    .limit(1)
    .offset(at.offset);
  return db
    .selectFrom("directory_group")
    .selectAll()
    .where("directory_seq", "=", at.directorySeq)
    .where("seq", ">=", first)
    .orderBy("seq")
    .limit(at.limit);
}

/** Seqs of groups in the order of an index, which holds all that the query looks at. */
export function groupOrder(
  db: Kysely<Tables>,
  at: OrderedPage & { directorySeq: number; order: "seq" | "display_name_folded" },
) {
  const direction = at.isDescending ? "desc" : "asc";
  return db
    .selectFrom("directory_group")
    .select("seq")
    .where("directory_seq", "=", at.directorySeq)
    .$if(at.order !== "seq", (query) => query.orderBy("display_name_folded", direction))
    .orderBy("seq", direction)
    .limit(at.limit)
    .offset(at.offset);
}

/** Ids grow in creation order, so the place of one that is gone is found from the newest backwards. */
async function placeOfGroup(db: Kysely<Tables>, directorySeq: number, id: string): Promise<number> {
  const places = db.selectFrom("directory_group").select("seq").where("directory_seq", "=", directorySeq);
  const found =
    (await places.where("id", "=", id).executeTakeFirst()) ??
    (await places.where("id", "<=", id).orderBy("seq", "desc").limit(1).executeTakeFirst());
  return found?.seq ?? 0;
}

function isGroupColumn(column: LookupColumn): column is "id" | "display_name_folded" | "external_id" {
  return column === "id" || column === "display_name_folded" || column === "external_id";
}

const groupById = prepared((db, { directorySeq, id }: { directorySeq: number; id: string }) =>
  db.selectFrom("directory_group").selectAll().where("directory_seq", "=", directorySeq).where("id", "=", id),
);

const groupsOfUser = prepared((db, { directorySeq, userId }: { directorySeq: number; userId: string }) =>
  db
    .selectFrom("directory_user")
    .innerJoin("membership", "membership.user_seq", "directory_user.seq")
    .innerJoin("directory_group", "directory_group.seq", "membership.group_seq")
    .selectAll("directory_group")
    .where("directory_user.directory_seq", "=", directorySeq)
    .where("directory_user.id", "=", userId)
    .orderBy("membership.group_seq"),
);

/** Which group has an `idp_id`. */
export function groupByIdpId(db: Kysely<Tables>, { directorySeq, idpId }: { directorySeq: number; idpId: string }) {
  return db
    .selectFrom("directory_group")
    .select("id")
    .where("directory_seq", "=", directorySeq)
    .where("idp_id", "=", idpId)
    .limit(1);
}
