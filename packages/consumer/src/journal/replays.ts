import { ConfigError, type DirectoryEvent, StateError, timestampMs } from "@dirsync/sdk";
import { nextTurn } from "../turns.ts";
import { Chosen } from "./chosen.ts";
import { Decisions } from "./decisions.ts";
import { noSuchSink } from "./no-such-sink.ts";
import type { OvertakenOptions, Replayed, ReplayOptions, ReplaySelection } from "./requests.ts";
import { upToMax } from "./read-limits.ts";
import { prepareSelection, type Selected, type Selection, type Window } from "./selection.ts";
import type { SqliteDatabase, SqliteStatement } from "./sqlite.ts";
import { Superseded } from "./superseded.ts";

/** What a replay would be of, and which events those are. */
export interface Found {
  readonly replayed: Replayed;
  readonly chosen: Chosen;
}

/** Positions that are looked through before everybody else has a turn: some 50 ms. */
const windowSeqs = 2_000;

/** What people ask sinks to get once more. Whoever calls `ask` has begun the transaction; `find` takes long, and needs none. */
export class Replays {
  readonly #hasSink: SqliteStatement<[string]>;
  readonly #extent: SqliteStatement<[], { readonly first: number | null; readonly last: number | null }>;
  readonly #superseded: Superseded;
  readonly #decisions: Decisions;
  readonly #named: Selection;
  readonly #others: Selection;
  readonly #note: SqliteStatement<[string]>;

  constructor(database: SqliteDatabase) {
    this.#hasSink = database.prepare("SELECT 1 FROM sink WHERE name = ?");
    // Two questions, because only one of min and max is answered from an end of the index.
    this.#extent = database.prepare(
      "SELECT (SELECT min(seq) FROM event) AS first, (SELECT max(seq) FROM event) AS last",
    );
    this.#superseded = new Superseded(database);
    this.#decisions = new Decisions(database);
    this.#named = prepareSelection(database, true);
    this.#others = prepareSelection(database, false);
    this.#note = database.prepare("UPDATE sink SET requests = requests + 1 WHERE name = ?");
  }

  /** Looks through the journal from its end, so that of two events the later one is known. */
  async find(sink: string, selection: ReplaySelection, { onProgress }: ReplayOptions = {}): Promise<Found> {
    const selected = this.#bind(sink, selection);
    const { first, last } = this.#windowOf(selected);
    const search = this.#search(selected, new Chosen(first, last));
    let found = search({ first: last + 1, last });
    // Those that are named are few, and looked up.
    const step = selection.ids === undefined ? windowSeqs : last;
    for (let end = last; end >= first; end = found.nextSeq) {
      if (end < last) await nextTurn();
      onProgress?.(last - end, last - first + 1);
      found = search({ first: Math.max(first, end - step + 1), last: end });
    }
    return found;
  }

  /**
   * Asks for what was found a moment ago. What has overtaken one of them since is found out by the sink before it begins.
   * @throws StateError `superseded`.
   */
  ask(sink: string, { replayed, chosen }: Found, { ids, force = false }: OvertakenOptions & IdsToAsk): Replayed {
    if (replayed.count === 0) return replayed;
    if (replayed.overtaken > 0 && !force) throw overtaken(replayed);
    if (ids !== undefined) this.#decisions.forgetDiscarded(sink, ids);
    const { ask } = ids === undefined ? this.#others : this.#named;
    const { changes } = ask.run({ sink, seqs: JSON.stringify([...chosen.seqs()]), isForced: force ? 1 : 0 });
    this.#note.run(sink);
    return { ...replayed, count: changes };
  }

  /** Has one event come once more that nothing has overtaken. */
  askOne(sink: string, { id, seq }: { readonly id: string; readonly seq: number }): void {
    this.#decisions.forgetDiscarded(sink, [id]);
    this.#named.ask.run({ sink, seqs: JSON.stringify([seq]), isForced: 0 });
    this.#note.run(sink);
  }

  #windowOf({ fromSeq, toSeq }: Selected): Window {
    const { first, last } = this.#extent.get() ?? { first: null, last: null };
    return { first: Math.max(first ?? 1, fromSeq ?? 0), last: Math.min(last ?? 0, toSeq ?? Number.MAX_SAFE_INTEGER) };
  }

  /** Adds what is chosen in a window to what was found in those behind it. */
  #search(selected: Selected, chosen: Chosen): (window: Window) => Found & { readonly nextSeq: number } {
    const { list } = selected.ids === null ? this.#others : this.#named;
    const laterThan = this.#superseded.ofMany(selected.sink);
    let [firstSeq, lastSeq, overtaken, leftOut] = [null as number | null, null as number | null, 0, 0];
    return (window) => {
      const { rows, isCut } = upToMax(list.iterate({ ...selected, ...window }));
      for (const { seq, body, isGivenUp, isLeft } of rows) {
        // Whoever names one means it.
        if (isGivenUp === 1 && selected.ids === null) {
          leftOut += 1;
          continue;
        }
        chosen.add(seq);
        lastSeq ??= seq;
        firstSeq = seq;
        const later = laterThan(seq, JSON.parse(body) as DirectoryEvent);
        if (isLeft === 1 || later.some((event) => !chosen.has(event.seq))) overtaken += 1;
      }
      const nextSeq = (isCut ? (rows.at(-1)?.seq ?? window.first) : window.first) - 1;
      return { replayed: { count: chosen.count, firstSeq, lastSeq, overtaken, leftOut }, chosen, nextSeq };
    };
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

/** Ids that a selection names, if it does. */
interface IdsToAsk {
  readonly ids?: readonly string[] | undefined;
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
