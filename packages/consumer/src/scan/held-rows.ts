import { dataTextOf } from "./made-events.ts";
import type { Collection, ListedRow } from "./model.ts";

/**
 * A row of a list until it is taken in. Of groups and users it is the JSON of what an event about it would hold, which is
 * needed anyway to compare it: to the collector, thousands of objects that wait are as much work as it is to read the list.
 */
export type HeldRow =
  | { readonly id: string; readonly text: string }
  | { readonly id: string; readonly row: ListedRow; readonly text?: never };

/** A row of a list as it is held. */
export function held(kind: Collection["kind"], row: ListedRow): HeldRow {
  const { id } = row;
  return kind === "group" || kind === "user" ? { id, text: dataTextOf(row) } : { id, row };
}

/** The row again; without the groups that reads show with a user. */
export function rowOf(one: HeldRow): ListedRow {
  return one.text === undefined ? one.row : (JSON.parse(one.text) as ListedRow);
}

/** Ids as services make them. */
const plainId = /^[\w.:-]+$/;

/**
 * True when all ids are such that SQLite has them in the order of JavaScript, and gives them back from JSON as they were:
 * what has to be escaped there may come back as something else.
 */
export function havePlainIds(rows: readonly HeldRow[]): boolean {
  return rows.every(({ id }) => plainId.test(id));
}
