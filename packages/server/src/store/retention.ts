import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** Which events are dropped: those up to a place in the log, the oldest first. */
export interface Drop {
  /** Inclusive. The newest event stays all the same: it is the log's head, and whoever has read everything stands on it. */
  readonly upTo: number;
  /** More are left for the next time. */
  readonly limit: number;
  readonly nowMs: number;
}

/** Takes the oldest events out of the log. */
export interface Retention {
  /** Seq of the event that has so many after it; null when there are not that many. */
  seqBehindNewest(events: number): Promise<number | null>;
  /**
   * Drops events, and puts on record for each endpoint what it had still to be told of: it is dead there, with its reason.
   * Resolves to how many events were dropped, and how many deliveries died of it.
   */
  drop(drop: Drop): Promise<{ readonly events: number; readonly deliveries: number }>;
}

/** Retention on SQLite. */
export function retentionOn(db: Kysely<Tables>): Retention {
  return {
    seqBehindNewest: async (events) => {
      const row = await db
        .selectFrom("event")
        .select("seq")
        .orderBy("seq", "desc")
        .limit(1)
        .offset(events)
        .executeTakeFirst();
      return row?.seq ?? null;
    },
    drop: async ({ upTo, limit, nowMs }) => {
      const newest = await db.selectFrom("event").select("seq").orderBy("seq", "desc").limit(1).executeTakeFirst();
      const rows = await db
        .selectFrom("event")
        .select("seq")
        .where("seq", "<=", Math.min(upTo, (newest?.seq ?? 0) - 1))
        .orderBy("seq")
        .limit(limit)
        .execute();
      const last = rows.at(-1)?.seq;
      if (last === undefined) return { events: 0, deliveries: 0 };
      const deliveries = await bury(db, last, nowMs);
      await db.deleteFrom("event").where("seq", "<=", last).execute();
      return { events: rows.length, deliveries };
    },
  };
}

const reason = JSON.stringify({
  code: "event_expired",
  message: "The event was dropped from the log, which keeps events for a time only, before it could be delivered.",
});

/** Deliveries of the events up to there: what is not finished is dead, and each says what it was of. */
async function bury(db: Kysely<Tables>, last: number, nowMs: number): Promise<number> {
  const endpoints = await db.selectFrom("webhook_endpoint").select(["seq", "low_seq", "events"]).execute();
  let count = 0;
  for (const { seq, low_seq: lowSeq, events } of endpoints) {
    const begun = await sql`update webhook_delivery set state = 'dead', last_at_ms = ${nowMs}, failure = ${reason}
      where endpoint_seq = ${seq} and event_seq <= ${last} and event_id is null and state in ('sending', 'waiting')`.execute(
      db,
    );
    const untold = await sql`insert into webhook_delivery
      (endpoint_seq, event_seq, state, attempts, next_at_ms, is_redelivery, first_at_ms, last_at_ms, failure)
      select ${seq}, event.seq, 'dead', 0, 0, 0, null, ${nowMs}, ${reason} from event
      where event.seq > ${lowSeq} and event.seq <= ${last} and event.name in (select value from json_each(${events}))
      on conflict (endpoint_seq, event_seq) do nothing`.execute(db);
    count += Number(begun.numAffectedRows ?? 0) + Number(untold.numAffectedRows ?? 0);
  }
  await sql`update webhook_delivery set
      event_id = (select id from event where event.seq = webhook_delivery.event_seq),
      event_name = (select name from event where event.seq = webhook_delivery.event_seq)
    where event_id is null and event_seq <= ${last}`.execute(db);
  return count;
}
