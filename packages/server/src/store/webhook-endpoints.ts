import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";
import type { WebhookEndpoints } from "./webhook-model.ts";
import { within, type Window } from "./windows.ts";

/** Webhook endpoints on any database Kysely speaks to. */
export function webhookEndpointsOn(db: Kysely<Tables>): WebhookEndpoints {
  const all = () => db.selectFrom("webhook_endpoint").selectAll();
  return {
    insert: (row) => db.insertInto("webhook_endpoint").values(row).returningAll().executeTakeFirstOrThrow(),
    find: (id) => all().where("id", "=", id).executeTakeFirst(),
    findBySeq: (seq) => all().where("seq", "=", seq).executeTakeFirst(),
    findByUrlKey: (urlKey) => all().where("url_key", "=", urlKey).executeTakeFirst(),
    list: (window) => webhookEndpointList(db, window).execute(),
    update: (seq, changes) =>
      db.updateTable("webhook_endpoint").set(changes).where("seq", "=", seq).returningAll().executeTakeFirstOrThrow(),
    remove: async (seq) => {
      const { id } = await db
        .selectFrom("webhook_endpoint")
        .select("id")
        .where("seq", "=", seq)
        .executeTakeFirstOrThrow();
      await db.insertInto("tombstone").values({ id, kind: "webhook_endpoint", seq }).execute();
      await db.deleteFrom("webhook_endpoint").where("seq", "=", seq).execute();
    },
  };
}

/** A page of endpoints. */
export function webhookEndpointList(db: Kysely<Tables>, window: Window) {
  return db
    .selectFrom("webhook_endpoint")
    .selectAll()
    .where(within("webhook_endpoint.seq", window))
    .orderBy("seq", window.direction)
    .limit(window.limit);
}
