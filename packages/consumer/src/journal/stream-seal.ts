import { createHash } from "node:crypto";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

const sealedColumns = "instance_id, source, start, cursor, head_seq, pruned_seq, epoch";

/**
 * Writes a checksum over the stream row. SQLite's own check does not see a flipped bit inside a text value, and a
 * cursor that silently became another one would skip events.
 */
export class StreamSeal {
  readonly #read: SqliteStatement;
  readonly #write: SqliteStatement<[checksum: string]>;

  constructor(database: SqliteDatabase) {
    this.#read = database.prepare(`SELECT ${sealedColumns} FROM stream`).raw();
    this.#write = database.prepare("UPDATE stream SET checksum = ?");
  }

  write(): void {
    this.#write.run(checksumOf(this.#read.get() as unknown[]));
  }
}

/** The same, once. */
export function sealStream(database: SqliteDatabase): void {
  new StreamSeal(database).write();
}

/** True when the stream row is as it was sealed. */
export function isStreamSealed(database: SqliteDatabase): boolean {
  // In one statement, because a holder may move the cursor between two.
  const row = database.prepare(`SELECT checksum, ${sealedColumns} FROM stream`).raw().get();
  if (!Array.isArray(row)) return false;
  const [checksum, ...values] = row as unknown[];
  return checksum === checksumOf(values);
}

function checksumOf(values: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 16);
}
