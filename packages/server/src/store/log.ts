import { sql } from "kysely";
import type { Kysely } from "kysely";
import { chunksOf } from "./chunks.ts";
import type { EventFilter, Log } from "./model.ts";
import type { Tables } from "./tables.ts";

// Wide enough that the cost of a statement is shared, and small enough that few distinct statements are compiled.
const eventsPerInsert = 50;

/** The event log on any database Kysely speaks to. */
export function logOn(db: Kysely<Tables>): Log {
  return {
    append: async (events) => {
      if (events.length === 0) return;
      // A counter row rather than an automatic key: its lock is held to the commit, so that on a database with several
      // writers too the order of seq is the order of commits, and no reader finds an event before its cursor.
      const head = await db
        .updateTable("log_head")
        .set({ seq: sql<number>`seq + ${events.length}` })
        .where("id", "=", 1)
        .returning("seq")
        .executeTakeFirstOrThrow();
      const first = head.seq - events.length + 1;
      const rows = events.map((event, index) => ({ seq: first + index, ...event }));
      for (const chunk of chunksOf(rows, eventsPerInsert)) await db.insertInto("event").values(chunk).execute();
    },
    page: (filter, window) => eventPage(db, filter, window).execute(),
    seqOf: async (eventId) => {
      const row = await db.selectFrom("event").select("seq").where("id", "=", eventId).executeTakeFirst();
      return row?.seq ?? null;
    },
    seqBefore: async (lowestId) => {
      const row = await db
        .selectFrom("event")
        .select("seq")
        .where("id", ">=", lowestId)
        .orderBy("id")
        .limit(1)
        .executeTakeFirst();
      if (row !== undefined) return row.seq - 1;
      return await headSeq(db);
    },
    oldestId: async () => {
      const row = await db.selectFrom("event").select("id").orderBy("seq").limit(1).executeTakeFirst();
      return row?.id ?? null;
    },
    newestId: async () => {
      const row = await db.selectFrom("event").select("id").orderBy("seq", "desc").limit(1).executeTakeFirst();
      return row?.id ?? null;
    },
    countAbove: async (seq) => {
      const counted = db.selectFrom("event").select(({ fn }) => fn.countAll<number>().as("count"));
      return Number((await counted.where("seq", ">", seq).executeTakeFirstOrThrow()).count);
    },
    headSeq: () => headSeq(db),
  };
}

async function headSeq(db: Kysely<Tables>): Promise<number> {
  const head = await db.selectFrom("log_head").select("seq").where("id", "=", 1).executeTakeFirstOrThrow();
  return head.seq;
}

/**
 * A page of the log. Each name is walked in its own index and the walks are merged, so that a name that occurs once in
 * a million events is found without reading the million.
 */
export function eventPage(
  db: Kysely<Tables>,
  filter: EventFilter,
  window: { above: number; below: number; limit: number },
) {
  const organizationSeq = "organizationSeq" in filter ? filter.organizationSeq : undefined;
  const except = "except" in filter ? (filter.except ?? []) : [];
  const walk = (name: string | null) =>
    db
      .selectFrom("event")
      .selectAll()
      .where("seq", ">", window.above)
      .where("seq", "<", window.below)
      .$if(except.length > 0, (query) => query.where("name", "not in", except))
      .$if(name !== null, (query) => query.where("name", "=", name ?? ""))
      .$if(organizationSeq !== undefined, (query) => query.where("organization_seq", "=", organizationSeq ?? 0));
  const [first, ...others] = filter.names;
  if (first === undefined) return walk(null).orderBy("seq").limit(window.limit);
  return others
    .reduce((merged, name) => merged.unionAll(walk(name)), walk(first))
    .orderBy("seq")
    .limit(window.limit);
}
