import { ConfigError, type DirectoryEvent, StateError, timestampMs } from "@dirsync/sdk";
import type { OvertakenOptions, Replayed, ReplaySelection } from "./requests.ts";
import { Decisions } from "./decisions.ts";
import { noSuchSink } from "./no-such-sink.ts";
import { prepareSelection, type Selected, type SelectedEvent, type Selection } from "./selection.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { Superseded } from "./superseded.ts";

interface WaitingReplay extends SelectedEvent {
  readonly isForced: number;
  readonly isUntried: number;
}

/** What people ask sinks to get once more. Whoever calls has begun the transaction. */
export class Replays {
  readonly #hasSink: SqliteStatement<[string]>;
  readonly #superseded: Superseded;
  readonly #decisions: Decisions;
  readonly #named: Selection;
  readonly #others: Selection;
  readonly #note: SqliteStatement<[string]>;
  readonly #waiting: SqliteStatement<[sink: string], WaitingReplay>;
  readonly #withdraw: SqliteStatement<[sink: string, seq: number]>;

  constructor(database: SqliteDatabase) {
    this.#hasSink = database.prepare("SELECT 1 FROM sink WHERE name = ?");
    this.#superseded = new Superseded(database);
    this.#decisions = new Decisions(database);
    this.#named = prepareSelection(database, true);
    this.#others = prepareSelection(database, false);
    this.#note = database.prepare("UPDATE sink SET requests = requests + 1 WHERE name = ?");
    // A try that is not charged leaves no attempt, but why it failed: whatever it did is to be completed.
    this.#waiting = database.prepare(
      `SELECT event.seq, event.id, event.body, work.replay_forced AS isForced, work.state = 'wait' AND work.attempts = 0 AND work.failure IS NULL AND work.redriven = 0 AS isUntried
       FROM work JOIN event ON event.seq = work.seq
       WHERE work.sink = ? AND work.replay > 0 AND work.state IN ('wait', 'inflight') ORDER BY work.seq`,
    );
    // Below the mark, what is finished has no row; above it, it needs one.
    this.#withdraw = database.prepare("UPDATE work SET state = 'done', replay = 0 WHERE sink = ? AND seq = ?");
  }

  /** True when events wait to come once more. */
  hasWaiting(sink: string): boolean {
    return this.#waiting.get(sink) !== undefined;
  }

  /** Gives up those that were not tried yet, were not forced, and would undo what has come since. Returns how many. */
  withdrawOvertaken(sink: string): number {
    const waiting = this.#waiting.all(sink);
    const ids = new Set(waiting.map(({ id }) => id));
    const overtaken = waiting.filter(
      (item) => item.isUntried === 1 && item.isForced === 0 && this.#isOvertaken(sink, item, ids),
    );
    for (const { seq } of overtaken) this.#withdraw.run(sink, seq);
    return overtaken.length;
  }

  count(sink: string, selection: ReplaySelection): Replayed {
    const bound = this.#bind(sink, selection);
    const { list, leftOut } = this.#of(selection);
    const events = list.all(bound);
    const ids = new Set(events.map(({ id }) => id));
    return {
      count: events.length,
      firstSeq: events[0]?.seq ?? null,
      lastSeq: events.at(-1)?.seq ?? null,
      overtaken: events.filter((event) => this.#isOvertaken(sink, event, ids)).length,
      leftOut: leftOut?.get(bound) ?? 0,
    };
  }

  ask(sink: string, selection: ReplaySelection, { force = false }: OvertakenOptions): Replayed {
    const replayed = this.count(sink, selection);
    if (replayed.count === 0) return replayed;
    if (replayed.overtaken > 0 && !force) throw overtaken(replayed);
    if (selection.ids !== undefined) this.#decisions.forgetDiscarded(sink, selection.ids);
    this.#of(selection).ask.run({ ...this.#bind(sink, selection), isForced: force ? 1 : 0 });
    this.#note.run(sink);
    return replayed;
  }

  #of(selection: ReplaySelection): Selection {
    return selection.ids === undefined ? this.#others : this.#named;
  }

  /** True when a later event has overtaken it that is not itself to come once more. */
  #isOvertaken(sink: string, { seq, body }: SelectedEvent, again: ReadonlySet<string>): boolean {
    return this.#superseded.allBy(sink, seq, JSON.parse(body) as DirectoryEvent).some((id) => !again.has(id));
  }

  #bind(sink: string, selection: ReplaySelection): Selected {
    if (this.#hasSink.get(sink) === undefined) throw noSuchSink(sink);
    if (Object.values(selection).every((value) => value === undefined)) {
      throw new ConfigError("A replay of everything has to be asked for: say from which event on, or which.", {
        where: "selection",
      });
    }
    const { fromSeq = null, toSeq = null, ids, entity = null, directory = null, user = null } = selection;
    return {
      sink,
      fromSeq,
      toSeq,
      entity,
      directory,
      user,
      ids: ids === undefined ? null : JSON.stringify(ids),
      sinceMs: msOf("since", selection.since),
      untilMs: msOf("until", selection.until),
    };
  }
}

function overtaken({ count, overtaken: number }: Replayed): StateError {
  return new StateError(
    `Later events that are not among those chosen have overtaken ${number} of ${count}: delivering them would bring back an old state. Choose all that came since as well, or use --force.`,
    { code: "superseded" },
  );
}

function msOf(where: string, time: string | undefined): number | null {
  if (time === undefined) return null;
  const ms = timestampMs(time);
  if (ms === null) throw new ConfigError(`"${time}" is not an ISO 8601 time, such as 2026-01-31T09:00:00Z.`, { where });
  return ms;
}
