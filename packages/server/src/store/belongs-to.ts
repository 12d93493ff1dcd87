import { sql } from "kysely";
import type { RawBuilder } from "kysely";

/**
 * True for rows of this directory, where they are found by their ids or seqs: the directory is looked at in each of them and
 * is no way to find them, which is what the plus sign says to SQLite. Without it the directory's index looks better from
 * some twenty ids on, because nobody has told SQLite how many rows a directory has, and all of them are walked.
 */
export function belongsTo(table: "directory_user" | "directory_group", directorySeq: number): RawBuilder<boolean> {
  return sql<boolean>`+${sql.ref(`${table}.directory_seq`)} = ${directorySeq}`;
}
