import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import { fold } from "./fold.ts";

/** A stretch of a list in creation order: bounds are exclusive. */
export interface Window {
  readonly above: number;
  readonly below: number;
  readonly direction: "asc" | "desc";
  readonly limit: number;
}

/**
 * The condition that keeps a query inside a window of its list. Both bounds are always there, so that each list query
 * seeks straight to its first row, whatever the size of the table.
 */
export function within(column: string, window: { above: number; below: number }): RawBuilder<boolean> {
  return sql<boolean>`${sql.ref(column)} > ${window.above} and ${sql.ref(column)} < ${window.below}`;
}

/** True where the column has `part` in it, in any letter case. SQLite's own `lower` knows the letters of ASCII only. */
export function containing(column: string, part: string): RawBuilder<boolean> {
  return sql<boolean>`instr(fold(${sql.ref(column)}), ${fold(part)}) > 0`;
}

/** A window over everything, oldest first. */
export function wholeList(limit: number): Window {
  return { above: 0, below: Number.MAX_SAFE_INTEGER, direction: "asc", limit };
}
