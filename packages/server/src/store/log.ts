import { sql } from "kysely";
import type { Compilable, Kysely } from "kysely";
import { pageOf, readBodyPage } from "./body-pages.ts";
import type { Bounds, PageQueries } from "./body-pages.ts";
import { prepared, preparedByNames } from "./connection.ts";
import type { Connection } from "./connection.ts";
import type { EventFilter, Log } from "./model.ts";
import type { EventRow, Tables } from "./tables.ts";

/** The event log. */
export function logOn(connection: Connection): Log {
  const { db } = connection;
  return {
    append: async (events) => {
      if (events.length === 0) return;
      // Not an automatic key: the order of seq is the order of commits, without a gap, because whoever appends holds the lock
      // of the only writer until it has committed.
      const first = headSeq(connection) + 1;
      for (const [index, event] of events.entries()) {
        connection.run(eventAppended, { seq: first + index, ...event });
      }
    },
    page: (filter, window) => eventPage(db, filter, window).execute(),
    bodies: async (filter, { above, below, limit }) =>
      readBodyPage(connection, eventPages, {
        given: { above, below, limit, ...namedParts(filter) },
        directions: { direction: "asc", shown: "asc" },
      }),
    names: async (above, limit) => connection.all(namesAbove, { above, limit }),
    seqOf: async (id) => connection.first(seqOfEvent, { id })?.seq ?? null,
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

const head = prepared((db) =>
  db
    .selectFrom("log_floor")
    .select(sql<number>`max(seq, (select coalesce(max(seq), 0) from event))`.as("seq"))
    .where("id", "=", 1),
);

const namesAbove = prepared((db, { above, limit }: { above: number; limit: number }) =>
  db.selectFrom("event").select(["seq", "name"]).where("seq", ">", above).orderBy("seq").limit(limit),
);

const seqOfEvent = prepared((db, { id }: { id: string }) => db.selectFrom("event").select("seq").where("id", "=", id));

/** A filter with each of its values under a name of its own, so that queries of the same form have one text. */
type NamedParts = Bounds & Readonly<Record<string, string | number>>;

function namedParts(filter: EventFilter): Readonly<Record<string, string | number>> {
  const except = "except" in filter ? (filter.except ?? []) : [];
  return {
    ...Object.fromEntries(filter.names.map((name, index) => [`name${String(index)}`, name])),
    ...Object.fromEntries(except.map((name, index) => [`except${String(index)}`, name])),
    ...("organizationSeq" in filter && filter.organizationSeq !== undefined
      ? { organizationSeq: filter.organizationSeq }
      : {}),
  };
}

function filterOf(given: NamedParts): EventFilter {
  const under = (prefix: string) =>
    Object.keys(given).flatMap((key) => (key.startsWith(prefix) ? [given[key] as string] : []));
  const [first, ...others] = under("name");
  if (first === undefined) return { names: [], except: under("except") };
  const { organizationSeq } = given;
  return organizationSeq === undefined
    ? { names: [first, ...others] }
    : { names: [first, ...others], organizationSeq: organizationSeq as number };
}

const eventRows = preparedByNames((db, given: NamedParts) => eventSeqs(db, filterOf(given), given));

const eventBodies = preparedByNames((db, given: NamedParts) =>
  pageOf(
    db,
    db
      .selectFrom(eventSeqs(db, filterOf(given), given).as("found"))
      .innerJoin("event", "event.seq", "found.seq")
      .select(["event.seq", "event.body"]),
    { direction: "asc", shown: "asc" },
  ),
);

const eventPages: PageQueries<NamedParts> = {
  page: () => eventBodies,
  rows: () => eventRows,
  idOf: prepared((db, { seq }: { seq: number }) => db.selectFrom("event").select("id").where("seq", "=", seq)),
};

const eventAppended = prepared((db, { seq, id, name, organization_seq, body }: EventRow) =>
  db.insertInto("event").values({ seq, id, name, organization_seq, body }),
);

function headSeq(connection: Connection): number {
  const row = connection.first(head, {});
  if (row === undefined) throw new TypeError("The log has no head.");
  return row.seq;
}

/** A page of the log. */
export function eventPage(
  db: Kysely<Tables>,
  filter: EventFilter,
  window: Bounds,
): Compilable<EventRow> & { execute(): Promise<EventRow[]> } {
  return db
    .selectFrom(eventSeqs(db, filter, window).as("found"))
    .innerJoin("event", "event.seq", "found.seq")
    .selectAll("event")
    .orderBy("found.seq");
}

/**
 * The places of a page of the log. Each name is walked in its own index and the walks are merged, so that a name that occurs
 * once in a million events is found without reading the million.
 */
function eventSeqs(db: Kysely<Tables>, filter: EventFilter, window: Bounds) {
  const organizationSeq = "organizationSeq" in filter ? filter.organizationSeq : undefined;
  const except = "except" in filter ? (filter.except ?? []) : [];
  const walk = (name: string | null) =>
    db
      .selectFrom("event")
      .select("seq")
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
