import { sql } from "kysely";
import type { Kysely } from "kysely";
import { prepared, preparedBesideKept } from "./connection.ts";
import type { Connection } from "./connection.ts";
import type { Counts, Directories, DirectoryFilter, Window } from "./model.ts";
import { owners } from "./organizations.ts";
import { removeDirectory } from "./remove-directory.ts";
import type { Tables } from "./tables.ts";
import { containing, within } from "./windows.ts";

/** Directories on any database Kysely speaks to. */
export function directoriesOn(connection: Connection): Directories {
  const { db } = connection;
  return {
    insert: (row) =>
      db
        .insertInto("directory")
        .values({ ...row, token_hash: row.id })
        .returningAll()
        .executeTakeFirstOrThrow(),
    find: async (id) => connection.first(directoryById, { id }),
    seqOf: async (id) => connection.first(directorySeqById, { id })?.seq ?? null,
    findBySeq: async (seq) => connection.first(directoryBySeq, { seq }),
    uncounted: async (seq) => connection.kept(uncountedBySeq, { key: seq, given: { seq } }),
    findByExternalKey: (externalKey) =>
      db.selectFrom("directory").selectAll().where("external_key", "=", externalKey).executeTakeFirst(),
    list: (filter, window) => directoryList(db, filter, window).execute(),
    setScimSettings: async (seq, settings) => {
      await db.updateTable("directory").set({ scim_settings: settings }).where("seq", "=", seq).execute();
    },
    setConnected: async (seq, at) => {
      await db.updateTable("directory").set({ connected_at: at, updated_at: at }).where("seq", "=", seq).execute();
    },
    setType: async (seq, type) => {
      await db.updateTable("directory").set({ type }).where("seq", "=", seq).execute();
    },
    count: async (seq, delta) => {
      connection.run(counted, { seq, ...delta });
    },
    remove: (seq) => removeDirectory(db, seq),
  };
}

const directoryById = prepared((db, { id }: { id: string }) =>
  db.selectFrom("directory").selectAll().where("id", "=", id),
);

const directorySeqById = prepared((db, { id }: { id: string }) =>
  db.selectFrom("directory").select("seq").where("id", "=", id),
);

const directoryBySeq = prepared((db, { seq }: { seq: number }) =>
  db.selectFrom("directory").selectAll().where("seq", "=", seq),
);

const uncountedBySeq = prepared((db, { seq }: { seq: number }) =>
  db
    .selectFrom("directory")
    .select([
      "seq",
      "id",
      "organization_seq",
      "organization_id",
      "external_key",
      "type",
      "name",
      "name_folded",
      "soft_delete",
      "token_hash",
      "mapping",
      "created_at",
      "updated_at",
      "scim_settings",
      "connected_at",
    ])
    .where("seq", "=", seq),
);

const counted = preparedBesideKept((db, delta: Counts & { seq: number }) =>
  db
    .updateTable("directory")
    .set((column) => ({
      users_active: column("users_active", "+", delta.active),
      users_inactive: column("users_inactive", "+", delta.inactive),
      users_hidden: column("users_hidden", "+", delta.hidden),
      groups: column("groups", "+", delta.groups),
    }))
    .where("seq", "=", delta.seq),
);

/** A page of directories. */
export function directoryList(db: Kysely<Tables>, filter: DirectoryFilter, window: Window) {
  const { organizationSeq, nameContains, domain } = filter;
  return (
    db
      .selectFrom("directory")
      .selectAll()
      .where(within("directory.seq", window))
      .$if(organizationSeq !== undefined, (query) => query.where("organization_seq", "=", organizationSeq ?? 0))
      .$if(nameContains !== undefined, (query) => query.where(containing("directory.name_folded", nameContains ?? "")))
      // The sum keeps SQLite from going along the index of organizations, which would have it sort what it finds.
      .$if(domain !== undefined, (query) => query.where(sql`+organization_seq`, "in", owners(db, [domain ?? ""])))
      .orderBy("seq", window.direction)
      .limit(window.limit)
  );
}
