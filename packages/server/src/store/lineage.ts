import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Lineage } from "./lineage-model.ts";
import type { Tables } from "./tables.ts";

// More events, and more starts, than any server has between two backups, and so far from 2^53 that it happens
// millions of times before numbers become inexact.
const seqsSkipped = 2 ** 32;
const epochsSkipped = 2 ** 20;

/** The lineage on any database Kysely speaks to. */
export function lineageOn(db: Kysely<Tables>): Lineage {
  return {
    find: () => db.selectFrom("instance").selectAll().where("id", "=", 1).executeTakeFirst(),
    save: async (row) => {
      await db
        .insertInto("instance")
        .values(row)
        .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
        .execute();
    },
    setLastBackup: async (at) => {
      await db.updateTable("instance").set({ last_backup_at: at }).where("id", "=", 1).execute();
    },
    addRestore: async (row) => {
      await db.insertInto("log_restore").values(row).execute();
      await db
        .updateTable("log_floor")
        .set({ seq: sql<number>`max(seq, (select coalesce(max(seq), 0) from event)) + ${seqsSkipped}` })
        .execute();
      await db
        .updateTable("webhook_endpoint")
        .set({ epoch: sql<number>`epoch + ${epochsSkipped}` })
        .execute();
    },
    lossOf: async (eventId) => {
      const row = await db
        .selectFrom("log_restore")
        .selectAll()
        .where("lost_below_id", ">", eventId)
        .where((where) => where.or([where("last_event_id", "is", null), where("last_event_id", "<", eventId)]))
        .orderBy("seq", "desc")
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : { restoredAt: row.restored_at, lastEventId: row.last_event_id };
    },
  };
}
