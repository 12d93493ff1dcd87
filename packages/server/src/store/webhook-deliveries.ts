import { sql } from "kysely";
import type { Compilable, Kysely } from "kysely";
import { chunksOf } from "./chunks.ts";
import type { DeliverySelection, ListedDelivery, WebhookDeliveries, WebhookWork } from "./webhook-model.ts";
import type { Tables, WebhookDeliveryRow } from "./tables.ts";
import { within, type Window } from "./windows.ts";

type State = WebhookDeliveryRow["state"];

/** A query that was built and not run. Its own type would name tables that are nobody else's business. */
type Query<Row> = Compilable & { execute(): Promise<Row[]> };

const open: readonly State[] = ["sending", "waiting"];
const finished: readonly State[] = ["delivered", "dead"];

/** What is on record about the deliveries of one endpoint, on any database Kysely speaks to. */
export function webhookDeliveriesOn(db: Kysely<Tables>, endpointSeq: number): WebhookDeliveries {
  return { ...readingOf(db, endpointSeq), ...changingOf(db, endpointSeq) };
}

type Reading = "unfinished" | "finishedAbove" | "find" | "placeOfDropped" | "count" | "page";

function readingOf(db: Kysely<Tables>, endpointSeq: number): Pick<WebhookDeliveries, Reading> {
  const all = () => db.selectFrom("webhook_delivery").where("endpoint_seq", "=", endpointSeq);
  return {
    unfinished: async ({ above, lowSeq, limit }) => {
      const again = above < lowSeq ? await begunAgain(db, endpointSeq, { above, lowSeq, limit }).execute() : [];
      const left = { above: Math.max(above, lowSeq), limit: limit - again.length };
      return left.limit === 0 ? again : [...again, ...(await notFinished(db, endpointSeq, left).execute())];
    },
    finishedAbove: async (lowSeq) => {
      const rows = await finishedAbove(db, endpointSeq, lowSeq).execute();
      return rows.map(({ event_seq: seq }) => seq);
    },
    find: (eventSeq) => all().selectAll().where("event_seq", "=", eventSeq).executeTakeFirst(),
    placeOfDropped: async (eventId) => {
      const row = await all().select("event_seq").where("event_id", "=", eventId).executeTakeFirst();
      return row?.event_seq ?? null;
    },
    count: async (states) => {
      const counted = all().select(({ fn }) => fn.countAll<number>().as("count"));
      return Number((await counted.where("state", "in", states).executeTakeFirstOrThrow()).count);
    },
    page: (states, window) => deliveryPage(db, endpointSeq, { states, window }).execute(),
  };
}

function changingOf(db: Kysely<Tables>, endpointSeq: number): Omit<WebhookDeliveries, Reading> {
  const update = () => db.updateTable("webhook_delivery").where("endpoint_seq", "=", endpointSeq);
  const forget = async (eventSeqs: readonly number[]): Promise<void> => {
    const all = db.deleteFrom("webhook_delivery").where("endpoint_seq", "=", endpointSeq);
    for (const chunk of chunksOf(eventSeqs)) await all.where("event_seq", "in", chunk).execute();
  };
  return {
    waitNoLongerThan: async (untilMs) => {
      const waiting = update().set({ next_at_ms: untilMs }).where("state", "in", open);
      await waiting.where("next_at_ms", ">", untilMs).execute();
    },
    refund: async (firstTriedAfterMs) => {
      const cutOff = update().set(({ eb }) => ({ attempts: eb("attempts", "-", 1) }));
      const charged = cutOff.where("state", "=", "sending").where("attempts", ">", 0);
      await charged.where("first_at_ms", ">", firstTriedAfterMs).execute();
    },
    begin: async (eventSeqs, nowMs) => {
      for (const eventSeq of eventSeqs) await begin(db, { endpointSeq, eventSeq, nowMs });
    },
    change: async (eventSeq, change) => {
      await update().set(change).where("event_seq", "=", eventSeq).execute();
    },
    forget,
    redeliver: (selection) => redeliver(db, endpointSeq, selection),
    deliverOnce: async (eventSeq) => {
      const times = { first_at_ms: null, last_at_ms: null, failure: null };
      const row = { endpoint_seq: endpointSeq, event_seq: eventSeq, ...again, ...times };
      await db.insertInto("webhook_delivery").values(row).execute();
    },
    prune: async (window) => {
      const rows = await prunable(db, endpointSeq, window).execute();
      await forget(rows.map(({ event_seq: seq }) => seq));
      return rows.length;
    },
  };
}

interface Begin {
  readonly endpointSeq: number;
  readonly eventSeq: number;
  readonly nowMs: number;
}

async function begin(db: Kysely<Tables>, { endpointSeq, eventSeq, nowMs }: Begin): Promise<void> {
  const fresh = { state: "sending", attempts: 1, next_at_ms: 0, is_redelivery: 0, failure: null } as const;
  await db
    .insertInto("webhook_delivery")
    .values({ endpoint_seq: endpointSeq, event_seq: eventSeq, ...fresh, first_at_ms: nowMs, last_at_ms: nowMs })
    .onConflict((conflict) =>
      conflict.columns(["endpoint_seq", "event_seq"]).doUpdateSet({
        state: "sending",
        attempts: sql<number>`webhook_delivery.attempts + 1`,
        first_at_ms: sql<number>`coalesce(webhook_delivery.first_at_ms, ${nowMs})`,
        last_at_ms: nowMs,
      }),
    )
    .execute();
}

/** A delivery that was asked for again: due at once, with all its tries. */
const again = { state: "waiting", attempts: 0, next_at_ms: 0, is_redelivery: 1 } as const;

async function redeliver(
  db: Kysely<Tables>,
  endpointSeq: number,
  { states, eventSeqs, above, below }: DeliverySelection,
): Promise<number> {
  const change = () =>
    db
      .updateTable("webhook_delivery")
      .set(again)
      .where("endpoint_seq", "=", endpointSeq)
      .where("state", "in", states)
      // What was dropped from the log cannot be delivered any more.
      .where("event_id", "is", null)
      .where("event_seq", ">", above)
      .where("event_seq", "<", below);
  if (eventSeqs === undefined) return Number((await change().executeTakeFirst()).numUpdatedRows);
  let count = 0;
  for (const chunk of chunksOf(eventSeqs)) {
    count += Number((await change().where("event_seq", "in", chunk).executeTakeFirst()).numUpdatedRows);
  }
  return count;
}

/** What the cursor has passed and what was asked for again. */
function begunAgain(
  db: Kysely<Tables>,
  endpointSeq: number,
  { above, lowSeq, limit }: { above: number; lowSeq: number; limit: number },
): Query<WebhookWork> {
  return db
    .selectFrom("webhook_delivery as delivery")
    .innerJoin("event", "event.seq", "delivery.event_seq")
    .select(["event.seq", "event.body", "delivery.attempts", "delivery.next_at_ms", "delivery.is_redelivery"])
    .where("delivery.endpoint_seq", "=", endpointSeq)
    .where("delivery.event_seq", ">", above)
    .where("delivery.event_seq", "<=", lowSeq)
    .where("delivery.state", "in", open)
    .orderBy("delivery.event_seq")
    .limit(limit)
    .$castTo<WebhookWork>();
}

/** What the cursor has not passed. */
export function notFinished(
  db: Kysely<Tables>,
  endpointSeq: number,
  { above, limit }: { above: number; limit: number },
): Query<WebhookWork> {
  return db
    .selectFrom("event")
    .leftJoin("webhook_delivery as delivery", (join) =>
      join.onRef("delivery.event_seq", "=", "event.seq").on("delivery.endpoint_seq", "=", endpointSeq),
    )
    .select(["event.seq", "event.body", "delivery.attempts", "delivery.next_at_ms", "delivery.is_redelivery"])
    .where("event.seq", ">", above)
    .where((where) => where.or([where("delivery.state", "is", null), where("delivery.state", "in", open)]))
    .orderBy("event.seq")
    .limit(limit)
    .$castTo<WebhookWork>();
}

/** What was asked for again was finished before, so that the cursor may pass it. */
export function finishedAbove(
  db: Kysely<Tables>,
  endpointSeq: number,
  lowSeq: number,
): Query<Pick<WebhookDeliveryRow, "event_seq">> {
  return db
    .selectFrom("webhook_delivery")
    .select("event_seq")
    .where("endpoint_seq", "=", endpointSeq)
    .where("event_seq", ">", lowSeq)
    .where((where) => where.or([where("state", "in", finished), where("is_redelivery", "=", 1)]))
    .orderBy("event_seq");
}

/** A page of the delivery log, in the order of the events. */
export function deliveryPage(
  db: Kysely<Tables>,
  endpointSeq: number,
  { states, window }: { readonly states: readonly State[]; readonly window: Window },
): Query<ListedDelivery> {
  return db
    .selectFrom("webhook_delivery as delivery")
    .leftJoin("event", "event.seq", "delivery.event_seq")
    .selectAll("delivery")
    .select((column) => [
      "delivery.event_seq as seq",
      column.fn.coalesce("event.id", "delivery.event_id").as("id"),
      column.fn.coalesce("event.name", "delivery.event_name").as("name"),
    ])
    .where("delivery.endpoint_seq", "=", endpointSeq)
    .where(within("delivery.event_seq", window))
    .$if(states.length > 0, (query) => query.where("delivery.state", "in", states))
    .orderBy("delivery.event_seq", window.direction)
    .limit(window.limit)
    .$castTo<ListedDelivery>();
}

/** What is finished, old, and below the cursor: above it, a delivery without a row would look like one never made. */
export function prunable(
  db: Kysely<Tables>,
  endpointSeq: number,
  { beforeMs, lowSeq, limit }: { beforeMs: number; lowSeq: number; limit: number },
): Query<Pick<WebhookDeliveryRow, "event_seq">> {
  return db
    .selectFrom("webhook_delivery")
    .select("event_seq")
    .where("endpoint_seq", "=", endpointSeq)
    .where("event_seq", "<=", lowSeq)
    .where("state", "in", finished)
    .where("last_at_ms", "<", beforeMs)
    .orderBy("last_at_ms")
    .limit(limit);
}
