import { sql } from "kysely";
import type { Compilable, Kysely, RawBuilder, SelectQueryBuilder } from "kysely";
import type { Connection, Prepared } from "./connection.ts";
import type { Tables } from "./tables.ts";

/** A page of a list as it is sent: the objects side by side, made by SQLite, which never were strings of ours. */
export interface BodyPage {
  /** The objects as JSON, with a comma between two. */
  readonly body: Uint8Array;
  /** Of the first and last object as they are shown; null where there is none. */
  readonly firstId: string | null;
  readonly lastId: string | null;
  /** Whether the window has objects beyond this page. */
  readonly hasMore: boolean;
}

type Direction = "asc" | "desc";

/** Which way a list is walked, and which way its page is shown. */
export interface Directions {
  readonly direction: Direction;
  readonly shown: Direction;
}

/** A stretch of a list. Bounds are exclusive. */
export interface Bounds {
  readonly above: number;
  readonly below: number;
  readonly limit: number;
}

/** What SQLite makes of a page. */
interface PageRow {
  readonly body: Uint8Array | null;
  readonly count: number;
  readonly lowest: number;
  readonly highest: number;
}

/** The queries for the pages of one list. */
export interface PageQueries<Given extends Bounds> {
  page(directions: Directions): Prepared<Given, PageRow>;
  /** The rows themselves, of which the first is asked for, to know if there is one. */
  rows(direction: Direction): Prepared<Given, unknown>;
  readonly idOf: Prepared<{ readonly seq: number }, { readonly id: string }>;
}

/** Reads a page. */
export function readBodyPage<Given extends Bounds>(
  connection: Connection,
  queries: PageQueries<Given>,
  { given, directions }: { readonly given: Given; readonly directions: Directions },
): BodyPage {
  const row = connection.first(queries.page(directions), given);
  if (row === undefined || row.body === null) {
    return { body: new Uint8Array(), firstId: null, lastId: null, hasMore: false };
  }
  const { lowest, highest, count } = row;
  const rest = directions.direction === "asc" ? { above: highest } : { below: lowest };
  // Only a full page can have something behind it.
  const next = count < given.limit ? undefined : queries.rows(directions.direction);
  const hasMore = next !== undefined && connection.first(next, { ...given, ...rest, limit: 1 }) !== undefined;
  const ids = [lowest, highest].map((seq) => connection.first(queries.idOf, { seq })?.id ?? null);
  const [firstId = null, lastId = null] = directions.shown === "asc" ? ids : ids.reverse();
  return { body: row.body, firstId, lastId, hasMore };
}

/** Queries made for each pair of directions, once. */
export function byDirections<Query>(make: (directions: Directions) => Query): (directions: Directions) => Query {
  const made = {
    asc: { asc: make({ direction: "asc", shown: "asc" }), desc: make({ direction: "asc", shown: "desc" }) },
    desc: { asc: make({ direction: "desc", shown: "asc" }), desc: make({ direction: "desc", shown: "desc" }) },
  };
  return ({ direction, shown }) => made[direction][shown];
}

/** The columns of a row that a page is made of. */
export interface BodyRow {
  readonly seq: number;
  readonly body: string;
}

/**
 * One row with all bodies in it. SQLite gives them to `group_concat` in the order of the subquery, which it keeps there for that
 * reason; its own ORDER BY would be much slower. `text` makes what is sent from a row called `page`.
 */
export function pageOf(
  db: Kysely<Tables>,
  rows: SelectQueryBuilder<Tables, never, BodyRow>,
  { direction, shown, text = sql`page.body` }: Directions & { readonly text?: RawBuilder<unknown> },
): Compilable<PageRow> {
  const walked = rows.as("walked");
  const page =
    direction === shown
      ? rows.as("page")
      : db.selectFrom(walked).select(["walked.seq", "walked.body"]).orderBy("walked.seq", shown).as("page");
  return db
    .selectFrom(page)
    .select([
      sql<Uint8Array | null>`cast(group_concat(${text}) as blob)`.as("body"),
      sql<number>`count(*)`.as("count"),
      sql<number>`min(page.seq)`.as("lowest"),
      sql<number>`max(page.seq)`.as("highest"),
    ]);
}
