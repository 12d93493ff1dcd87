/**
 * Which dead letters may lose sight of what has overtaken them, when the oldest events are forgotten.
 *
 * A letter is overtaken by a later event about the same object, or by the end of something that it belongs to. The first is
 * found by the index of what events are about. Ends of groups and users are looked for among letters about memberships,
 * by what these are about: reading the event of each of a hundred thousand letters takes seconds. The end of a
 * directory is rare, and may be that of any letter.
 */
import { isForgettable } from "./positions.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";

/** A dead letter that what is about to be forgotten may have overtaken. */
export interface EndangeredLetter {
  readonly sink: string;
  readonly seq: number;
}

interface AboutRow extends EndangeredLetter {
  readonly entity: string;
}

/** In words that the index of what is kept is found by. */
const isUnnoted = "work.state IN ('dead', 'parked') AND work.state = 'dead' AND work.superseded_by IS NULL";

/** Finds such letters. Some that it names are not overtaken. */
export class Endangered {
  readonly #ofSameObject: SqliteStatement<[upTo: number], EndangeredLetter>;
  readonly #ends: SqliteStatement<[upTo: number], string>;
  readonly #all: SqliteStatement<[], AboutRow>;

  constructor(database: SqliteDatabase) {
    this.#ofSameObject = database.prepare(
      `SELECT work.sink, work.seq
       FROM (SELECT entity, max(seq) AS seq FROM event WHERE seq <= ? AND ${isForgettable} GROUP BY entity) AS newest
       CROSS JOIN event AS older ON older.entity = newest.entity AND older.seq < newest.seq
       CROSS JOIN sink CROSS JOIN work ON work.sink = sink.name AND work.seq = older.seq
       WHERE ${isUnnoted}`,
    );
    this.#ends = database
      .prepare<[number], string>(
        `SELECT DISTINCT entity FROM event WHERE seq <= ? AND type LIKE '%.deleted' AND ${isForgettable}`,
      )
      .pluck();
    this.#all = database.prepare(
      `SELECT work.sink, work.seq, event.entity FROM work JOIN event ON event.seq = work.seq WHERE ${isUnnoted}`,
    );
  }

  /** Those that events up to this position may have overtaken. */
  by(upTo: number): readonly EndangeredLetter[] {
    const letters = [...this.#ofSameObject.all(upTo)];
    const ended = new Set(this.#ends.all(upTo));
    if (ended.size === 0) return letters;
    const isOfAny = [...ended].some((entity) => entity.startsWith("directory:"));
    for (const letter of this.#all.iterate()) if (isOfAny || isPartOf(letter.entity, ended)) letters.push(letter);
    return letters;
  }
}

const membership = "membership:";

/** An id may have a colon in it, so each is tried as the one between a group and a user. */
function isPartOf(entity: string, ended: ReadonlySet<string>): boolean {
  if (!entity.startsWith(membership)) return false;
  for (let at = entity.indexOf(":", membership.length); at !== -1; at = entity.indexOf(":", at + 1)) {
    const [group, user] = [entity.slice(membership.length, at), entity.slice(at + 1)];
    if (ended.has(`group:${group}`) || ended.has(`user:${user}`)) return true;
  }
  return false;
}
