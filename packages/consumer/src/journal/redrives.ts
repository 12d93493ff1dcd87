import { type DirectoryEvent, StateError } from "@dirsync/sdk";
import type { DeadLetters } from "./dead-letters.ts";
import { guardedCode } from "./decisions.ts";
import type { Replays } from "./replays.ts";
import type { RedriveOptions } from "./requests.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { Superseded } from "./superseded.ts";

/** An event that has overtaken a dead letter, and what the sink has done with it: null when it is finished below the mark. */
interface Later {
  readonly id: string;
  readonly seq: number;
  readonly state: string | null;
  readonly isBlank: number;
  readonly isHeld: number;
}

/** The parts of a journal that redrives work with. */
interface Parts {
  readonly letters: DeadLetters;
  readonly replays: Replays;
}

/**
 * What is delivered where a person wants a dead letter tried again: the letter, or the latest state of its object where the
 * letter says an old one. Whoever calls has begun the transaction.
 */
export class Redrives {
  readonly #letters: DeadLetters;
  readonly #replays: Replays;
  readonly #superseded: Superseded;
  readonly #later: SqliteStatement<[sink: string, id: string], Later>;

  constructor(database: SqliteDatabase, { letters, replays }: Parts) {
    this.#letters = letters;
    this.#replays = replays;
    this.#superseded = new Superseded(database);
    this.#later = database.prepare(
      // What was begun together has no row until more is to be said of it.
      `SELECT event.id, event.seq, event.flags & 4 AS isBlank,
         work.state = 'dead' AND work.failure ->> '$.code' = '${guardedCode}' AS isHeld,
         CASE WHEN work.state IS NULL AND event.seq > sink.low_seq THEN 'wait' ELSE work.state END AS state
       FROM event JOIN sink ON sink.name = ? LEFT JOIN work ON work.sink = sink.name AND work.seq = event.seq
       WHERE event.id = ?`,
    );
  }

  /** Has the letter, or what stands for it, delivered, and returns that event's id. */
  redrive(sink: string, seq: number, { latest = false, ...options }: RedriveOptions): string {
    const { event, superseded_by: noted } = this.#letters.one(sink, seq);
    const later = latest ? this.#last(sink, seq, event) : null;
    if (!latest || (later === null && noted === null)) {
      this.#letters.redrive(sink, seq, options);
      return event.id;
    }
    if (later === null) throw forgotten(event, noted);
    if (later.isBlank > 0) throw blank(event, later);
    // Whoever names the letter has not decided about who would lose access.
    if (later.isHeld === 1) throw held(event, later);
    this.#ask(sink, later);
    this.#letters.discard(sink, seq);
    return later.id;
  }

  /** Of what has overtaken an event, the last: an update of a user, or the end of its directory after that. */
  #last(sink: string, seq: number, event: DirectoryEvent): Later | null {
    const found = this.#superseded.allBy(sink, seq, event).map(({ id }) => this.#later.get(sink, id));
    const known = found.filter((later) => later !== undefined);
    return known.reduce<Later | null>((last, later) => (later.seq > (last?.seq ?? 0) ? later : last), null);
  }

  /** What waits, or is being tried, comes anyway. */
  #ask(sink: string, { id, seq, state }: Later): void {
    if (state === "dead") this.#letters.redrive(sink, seq, {});
    else if (state === null || state === "done") this.#replays.askOne(sink, { id, seq });
  }
}

function forgotten(event: DirectoryEvent, noted: string | null): StateError {
  const message =
    `Event ${event.id} was overtaken by ${String(noted)}, which the sink has had and the state file has forgotten since. ` +
    "Discard the letter; `dirsync users get` shows how a user is.";
  return new StateError(message, { code: "missing" });
}

function held(event: DirectoryEvent, { id }: Later): StateError {
  const message = `Event ${event.id} was overtaken by ${id}, which a guard holds. Decide about that first: dirsync approve.`;
  return new StateError(message, { code: "superseded" });
}

function blank(event: DirectoryEvent, { id }: Later): StateError {
  const message = `Event ${id}, which has overtaken ${event.id}, is blank: a person's data was purged from it. Discard the letter.`;
  return new StateError(message, { code: "missing" });
}
