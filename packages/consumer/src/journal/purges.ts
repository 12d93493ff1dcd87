import { ConfigError } from "@dirsync/sdk";
import { Erasure } from "../mirror/erase.ts";
import type { Purged, Subject } from "./model.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

interface Mention {
  readonly seq: number;
  readonly entity: string;
  /** 1 while a sink is not finished with it. */
  readonly isWaiting: number;
}

/** Takes a person's data out of the state file. Whoever calls has begun the transaction. */
export class Purges {
  readonly #mentions: SqliteStatement<[texts: string], Mention>;
  readonly #dropDead: SqliteStatement<[seqs: string]>;
  readonly #finishDead: SqliteStatement<[seqs: string]>;
  readonly #blank: SqliteStatement<[seqs: string]>;
  readonly #dropRefused: SqliteStatement<[texts: string]>;
  readonly #dropEffects: SqliteStatement<[texts: string]>;
  readonly #erasure: Erasure;

  constructor(database: SqliteDatabase) {
    this.#erasure = new Erasure(database);
    this.#mentions = database.prepare(
      `SELECT seq, entity, ${isWaiting} AS isWaiting FROM event WHERE flags & 4 = 0 AND ${mentionsOneOf("body")}`,
    );
    this.#dropDead = database.prepare(
      `DELETE FROM work WHERE state = 'dead' AND seq IN (SELECT value FROM json_each(?))
         AND seq <= (SELECT low_seq FROM sink WHERE name = work.sink)`,
    );
    // Above a mark the row stays: without it the event would look like one that was never tried.
    this.#finishDead = database.prepare(
      `UPDATE work SET state = 'done', failure = NULL
       WHERE state = 'dead' AND seq IN (SELECT value FROM json_each(?))`,
    );
    this.#blank = database.prepare(
      `UPDATE event SET flags = flags | 4, body = json_object(
         'object', 'event', 'id', id, 'event', type, 'data', json_object(), 'created_at', created_at)
       WHERE seq IN (SELECT value FROM json_each(?))`,
    );
    this.#dropRefused = database.prepare(`DELETE FROM source_dead_letter WHERE ${mentionsOneOf("body")}`);
    this.#dropEffects = database.prepare(
      "DELETE FROM effect WHERE lower(json_quote(key)) IN (SELECT value FROM json_each(?))",
    );
  }

  run(subject: Subject): Purged {
    const { userId, email } = subject;
    const named = [userId, email].filter((text) => text !== undefined && text !== "");
    if (named.length === 0) {
      throw new ConfigError("Whose data is to be purged? Name a user by id or by e-mail.", { where: "subject" });
    }
    // Memberships and deletions may know a person by id only, and by e-mail it is found out.
    const ids = this.#mentions
      .all(asValues(named))
      .filter(({ entity }) => entity.startsWith("user:"))
      .map(({ entity }) => entity.slice("user:".length));
    const texts = asValues([...named, ...ids]);
    const mentions = this.#mentions.all(texts);
    const seqs = JSON.stringify(mentions.filter(({ isWaiting: waits }) => waits === 0).map(({ seq }) => seq));
    const deadLetters = this.#dropDead.run(seqs).changes + this.#finishDead.run(seqs).changes;
    const events = this.#blank.run(seqs).changes;
    const refused = this.#dropRefused.run(texts).changes;
    this.#dropEffects.run(texts);
    this.#erasure.run(subject);
    return { events, deadLetters, refused, waiting: mentions.length - events };
  }
}

/** Texts as they stand in JSON when each is a value of its own: parts of longer ones may be about somebody else. */
function asValues(texts: readonly (string | undefined)[]): string {
  return JSON.stringify(texts.map((text) => JSON.stringify(text).toLowerCase()));
}

function mentionsOneOf(column: string): string {
  return `EXISTS (SELECT 1 FROM json_each(?) AS text WHERE instr(lower(${column}), text.value) > 0)`;
}

/** What a sink has still to get must reach it: it may be the leaver itself. */
const isWaiting = `(
  EXISTS (SELECT 1 FROM work WHERE work.seq = event.seq AND work.state IN ('inflight', 'wait', 'parked'))
  OR EXISTS (SELECT 1 FROM sink WHERE low_seq < event.seq
    AND NOT EXISTS (SELECT 1 FROM work WHERE work.sink = sink.name AND work.seq = event.seq))
)`;
