import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** How far an endpoint is behind the log. */
export interface EndpointLag {
  readonly id: string;
  /** Deliveries that were begun or asked for and are not finished, and events that none was begun of: 100,000 of these at most. */
  readonly pending: number;
  /** ISO 8601, of the oldest event among them; null without one. */
  readonly oldestPendingAt: string | null;
}

/** What is measured for whoever watches the server. */
export interface Measures {
  /** ISO 8601, of the oldest event that is kept; null in an empty log. */
  oldestEventAt(): Promise<string | null>;
  /** Of every endpoint, disabled ones too. */
  endpointLags(): Promise<readonly EndpointLag[]>;
  /** When the first of the directories is left without a token that may write, in epoch milliseconds; null when none is. */
  nextLockoutMs(): Promise<number | null>;
  /** Directories that something has come to and that have no such token any more. */
  lockedOut(): Promise<number>;
}

// What is above it is counted in some ten milliseconds, and says the same: far behind.
const pendingMax = 100_000;

/**
 * Measures on SQLite. All but the last seek in an index, so that being asked every few seconds costs nothing beside the work; the
 * last looks at every directory once.
 */
export function measuresOn(db: Kysely<Tables>): Measures {
  return {
    oldestEventAt: async () => {
      const row = await oldestEvent(db).executeTakeFirst();
      return row === undefined ? null : await timeOf(db, row.seq);
    },
    endpointLags: async () => {
      const rows = await db
        .selectFrom("webhook_endpoint")
        .select(["id", "seq", "low_seq", "events"])
        .orderBy("seq")
        .execute();
      const lags: EndpointLag[] = [];
      for (const { id, seq, low_seq: lowSeq, events } of rows) {
        const begun = await begunOf(db, seq);
        const untouched = await untouchedOf(db, events, Math.max(lowSeq, begun.last ?? 0));
        const oldest = [begun.oldest, untouched.oldest].filter((place) => place !== null);
        const oldestPendingAt = oldest.length === 0 ? null : await timeOf(db, Math.min(...oldest));
        lags.push({ id, pending: begun.count + untouched.count, oldestPendingAt });
      }
      return lags;
    },
    nextLockoutMs: async () => (await nextLockout(db).executeTakeFirst())?.expires_at_ms ?? null,
    lockedOut: async () => (await lockedOut(db).executeTakeFirstOrThrow()).count,
  };
}

/** The token that ends first of those that no other of their directory outlives. */
export function nextLockout(db: Kysely<Tables>) {
  return db
    .selectFrom("directory_token as token")
    .select("expires_at_ms")
    .where("scope", "=", "provisioning")
    .where("expires_at_ms", "is not", null)
    .where((token) => {
      const others = token
        .selectFrom("directory_token as other")
        .select("other.seq")
        .whereRef("other.directory_seq", "=", "token.directory_seq")
        .where("other.scope", "=", "provisioning");
      const longer = others.where((other) =>
        other.or([
          other("other.expires_at_ms", "is", null),
          other("other.expires_at_ms", ">", other.ref("token.expires_at_ms")),
        ]),
      );
      return token.not(token.exists(longer));
    })
    .orderBy("expires_at_ms")
    .limit(1);
}

function lockedOut(db: Kysely<Tables>) {
  return db
    .selectFrom("directory")
    .select((directory) => directory.fn.countAll<number>().as("count"))
    .where("connected_at", "is not", null)
    .where((directory) => {
      const tokens = directory
        .selectFrom("directory_token")
        .select("directory_token.seq")
        .whereRef("directory_token.directory_seq", "=", "directory.seq")
        .where("scope", "=", "provisioning");
      return directory.not(directory.exists(tokens));
    });
}

/** The event that was made first of those that are kept. */
export function oldestEvent(db: Kysely<Tables>) {
  return db.selectFrom("event").select("seq").where("seq", ">", 0).orderBy("seq").limit(1);
}

interface Pending {
  readonly count: number;
  /** Seq. */
  readonly oldest: number | null;
}

/** What there is a row of and is not finished, and the newest event that there is a row of. */
async function begunOf(db: Kysely<Tables>, endpointSeq: number): Promise<Pending & { readonly last: number | null }> {
  const { rows } = await begunDeliveries(endpointSeq).execute(db);
  return rows[0] ?? { count: 0, oldest: null, last: null };
}

/** Of one endpoint. */
export function begunDeliveries(endpointSeq: number) {
  return sql<Pending & { last: number | null }>`select
      (select count(*) from webhook_delivery where endpoint_seq = ${endpointSeq} and state in ('sending', 'waiting')) as count,
      (select min(event_seq) from webhook_delivery where endpoint_seq = ${endpointSeq} and state in ('sending', 'waiting')) as oldest,
      (select max(event_seq) from webhook_delivery where endpoint_seq = ${endpointSeq}) as last`;
}

/** Wanted events above that place: deliveries begin in the order of the log, so none of these has begun. */
async function untouchedOf(db: Kysely<Tables>, events: string, above: number): Promise<Pending> {
  const { rows } = await untouchedEvents(events, above).execute(db);
  return rows[0] ?? { count: 0, oldest: null };
}

/** Of the names in `events`, which is JSON. */
export function untouchedEvents(events: string, above: number) {
  return sql<Pending>`select
      (select count(*) from (select 1 from json_each(${events}) as wanted
        cross join event on event.name = wanted.value where event.seq > ${above} limit ${pendingMax})) as count,
      (select min((select min(seq) from event where name = wanted.value and seq > ${above}))
        from json_each(${events}) as wanted) as oldest`;
}

async function timeOf(db: Kysely<Tables>, seq: number): Promise<string | null> {
  const row = await db.selectFrom("event").select("body").where("seq", "=", seq).executeTakeFirst();
  if (row === undefined) return null;
  const { created_at: at } = JSON.parse(row.body) as { readonly created_at: string };
  return at;
}
