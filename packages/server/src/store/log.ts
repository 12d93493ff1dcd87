import type { Kysely } from "kysely";
import { prepared } from "./connection.ts";
import type { Connection } from "./connection.ts";
import type { EventFilter, Log } from "./model.ts";
import type { EventRow, Tables } from "./tables.ts";

/** The event log. */
export function logOn(connection: Connection): Log {
  const { db } = connection;
  return {
    append: async (events) => {
      if (events.length === 0) return;
      // A counter row rather than an automatic key: the order of seq is the order of commits, without a gap, also on a
      // database with several writers, where its lock would be held to the commit.
      const first = headSeq(connection) + 1;
      connection.run(headMoved, { seq: first + events.length - 1 });
      for (const [index, event] of events.entries()) connection.run(eventAppended, { seq: first + index, ...event });
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
      return headSeq(connection);
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
    headSeq: async () => headSeq(connection),
  };
}

const head = prepared((db) => db.selectFrom("log_head").select("seq").where("id", "=", 1));

const headMoved = prepared((db, { seq }: { seq: number }) =>
  db.updateTable("log_head").set({ seq }).where("id", "=", 1),
);

const eventAppended = prepared((db, { seq, id, name, organization_seq, body }: EventRow) =>
  db.insertInto("event").values({ seq, id, name, organization_seq, body }),
);

function headSeq(connection: Connection): number {
  const row = connection.first(head, {});
  if (row === undefined) throw new TypeError("The log has no head.");
  return row.seq;
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
