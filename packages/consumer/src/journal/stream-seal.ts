import { createHash } from "node:crypto";
import type { SqliteDatabase } from "./sqlite.ts";

const sealedColumns = "instance_id, source, start, cursor, head_seq, epoch";

/**
 * Writes a checksum over the stream row. SQLite's own check does not see a flipped bit inside a text value, and a
 * cursor that silently became another one would skip events.
 */
export function sealStream(database: SqliteDatabase): void {
  database.prepare("UPDATE stream SET checksum = ?").run(checksumOf(database));
}

/** True when the stream row is as it was sealed. */
export function isStreamSealed(database: SqliteDatabase): boolean {
  return database.prepare("SELECT checksum FROM stream").pluck().get() === checksumOf(database);
}

function checksumOf(database: SqliteDatabase): string {
  const values = database.prepare(`SELECT ${sealedColumns} FROM stream`).raw().get();
  return createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 16);
}
