import type { Kysely } from "kysely";
import { chunksOf } from "./chunks.ts";
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
    passOver: async (endpoints, upTo) => {
      const alike = new Map<string, number[]>();
      for (const { seq, events } of endpoints) alike.set(events, [...(alike.get(events) ?? []), seq]);
      const passed: number[] = [];
      for (const [events, seqs] of alike) {
        for (const chunk of chunksOf(seqs)) {
          const rows = await endpointsPassed(db, { seqs: chunk, events, upTo }).execute();
          for (const { seq } of rows) passed.push(seq);
        }
      }
      return passed;
    },
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

function endpointsPassed(
  db: Kysely<Tables>,
  { seqs, events, upTo }: { readonly seqs: readonly number[]; readonly events: string; readonly upTo: number },
) {
  return db
    .updateTable("webhook_endpoint")
    .set({ low_seq: upTo })
    .where("seq", "in", seqs)
    .where("events", "=", events)
    .where("status", "=", "enabled")
    .where("low_seq", "<", upTo)
    .returning("seq");
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
