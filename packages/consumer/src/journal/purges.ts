import { ConfigError } from "@dirsync/sdk";
import { Erasure } from "../mirror/erase.ts";
import { nextTurn } from "../turns.ts";
import { guardedCode } from "./decisions.ts";
import type { Purged, Subject } from "./model.ts";
import type { PurgeOptions } from "./requests.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** Where a person is mentioned, as far as the journal was looked through. */
export interface Mentions {
  /** What the person is known by. */
  readonly names: readonly string[];
  readonly seqs: readonly number[];
  readonly upToSeq: number;
}

interface Mention {
  readonly seq: number;
  readonly entity: string;
}

interface Standing {
  readonly seq: number;
  /** 1 while a sink is not finished with it, or a person has to decide whether it gets it. */
  readonly isWaiting: number;
}

/** Takes a person's data out of the state file: finds it first, which takes long and holds nobody up, and then takes it out. */
export class Purges {
  readonly #headSeq: SqliteStatement<[], number | null>;
  readonly #mentions: SqliteStatement<[aboveSeq: number, upToSeq: number, texts: string], Mention>;
  readonly #standing: SqliteStatement<[seqs: string], Standing>;
  readonly #noteRequest: SqliteStatement<[seqs: string]>;
  readonly #dropDead: SqliteStatement<[seqs: string]>;
  readonly #finishDead: SqliteStatement<[seqs: string]>;
  readonly #blank: SqliteStatement<[seqs: string]>;
  readonly #dropRefused: SqliteStatement<[texts: string]>;
  readonly #dropEffects: SqliteStatement<[texts: string]>;
  readonly #erasure: Erasure;

  constructor(database: SqliteDatabase) {
    this.#erasure = new Erasure(database);
    this.#headSeq = database.prepare<[], number | null>("SELECT max(seq) FROM event").pluck();
    this.#mentions = database.prepare(
      `SELECT seq, entity FROM event WHERE seq > ? AND seq <= ? AND flags & 4 = 0 AND ${mentionsOneOf("body")}`,
    );
    this.#standing = database.prepare(
      `SELECT seq, ${isWaiting} AS isWaiting FROM event
       WHERE seq IN (SELECT value FROM json_each(?)) AND flags & 4 = 0`,
    );
    // A letter that goes lets go what is parked behind it, which a running sink finds out by its requests.
    this.#noteRequest = database.prepare(
      `UPDATE sink SET requests = requests + 1 WHERE name IN (
         SELECT sink FROM work WHERE state = 'dead' AND seq IN (SELECT value FROM json_each(?)))`,
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

  /**
   * Looks a part of the journal at a time, and lets everybody else have a turn.
   * @throws ConfigError for nobody.
   */
  async find({ userId, email }: Subject, { onProgress }: PurgeOptions = {}): Promise<Mentions> {
    const named = [userId, email].filter((text) => text !== undefined).filter((text) => text !== "");
    if (named.length === 0) {
      throw new ConfigError("Whose data is to be purged? Name a user by id or by e-mail.", { where: "subject" });
    }
    // First of all: what comes while this looks is looked at by `run`.
    const upToSeq = this.#headSeq.get() ?? 0;
    const inParts = async (names: readonly string[]): Promise<readonly Mention[]> => {
      const found: Mention[] = [];
      for (let above = 0; above < upToSeq; above += partSeqs) {
        if (above > 0) await nextTurn();
        onProgress?.(above, upToSeq);
        for (const mention of this.#mentions.all(above, Math.min(above + partSeqs, upToSeq), asValues(names)))
          found.push(mention);
      }
      return found;
    };
    const first = await inParts(named);
    const names = withIds(named, first);
    const all = names.length === named.length ? first : await inParts(names);
    return { names, seqs: all.map(({ seq }) => seq), upToSeq };
  }

  /** Whoever calls has begun the transaction. `found` of the same subject, a moment ago. */
  run(subject: Subject, found: Mentions): Purged {
    const since = this.#look(found.upToSeq, found.names);
    // Somebody who has come by the address meanwhile: then all of them are looked for.
    const { names, seqs } = since.names.length > found.names.length ? this.#look(0, since.names) : since;
    const mentions = this.#standing.all(JSON.stringify([...new Set([...found.seqs, ...seqs])]));
    const done = JSON.stringify(mentions.filter(({ isWaiting: waits }) => waits === 0).map(({ seq }) => seq));
    this.#noteRequest.run(done);
    const deadLetters = this.#dropDead.run(done).changes + this.#finishDead.run(done).changes;
    const events = this.#blank.run(done).changes;
    const texts = asValues(names);
    const refused = this.#dropRefused.run(texts).changes;
    const undelivered = mentions.length - events;
    // What waits would have its side effects once more, and says something else than a mirror without it.
    const waiting = undelivered > 0 ? undelivered : this.#erasure.run(subject);
    if (waiting === 0) this.#dropEffects.run(texts);
    return { events, deadLetters, refused, waiting };
  }

  #look(aboveSeq: number, named: readonly string[]): Omit<Mentions, "upToSeq"> {
    const first = this.#mentions.all(aboveSeq, Number.MAX_SAFE_INTEGER, asValues(named));
    const names = withIds(named, first);
    const all =
      names.length === named.length ? first : this.#mentions.all(aboveSeq, Number.MAX_SAFE_INTEGER, asValues(names));
    return { names, seqs: all.map(({ seq }) => seq) };
  }
}

/** Looked through before everybody else has a turn: some 20 ms. */
const partSeqs = 2_000;

/** Memberships and deletions may know a person by id only, and by e-mail it is found out. */
function withIds(named: readonly string[], mentions: readonly Mention[]): readonly string[] {
  const ids = mentions.flatMap(({ entity }) => (entity.startsWith("user:") ? [entity.slice("user:".length)] : []));
  return [...new Set([...named, ...ids])];
}

/** Texts as they stand in JSON when each is a value of its own: parts of longer ones may be about somebody else. */
function asValues(texts: readonly string[]): string {
  return JSON.stringify(texts.map((text) => JSON.stringify(text).toLowerCase()));
}

function mentionsOneOf(column: string): string {
  return `EXISTS (SELECT 1 FROM json_each(?) AS text WHERE instr(lower(${column}), text.value) > 0)`;
}

/** What a sink has still to get must reach it: it may be the leaver itself, and what a guard holds surely is. */
const isWaiting = `(
  EXISTS (SELECT 1 FROM work WHERE work.seq = event.seq AND (work.state IN ('inflight', 'wait', 'parked')
    OR work.state = 'dead' AND work.failure ->> '$.code' = '${guardedCode}'))
  OR EXISTS (SELECT 1 FROM sink WHERE low_seq < event.seq
    AND NOT EXISTS (SELECT 1 FROM work WHERE work.sink = sink.name AND work.seq = event.seq))
)`;
