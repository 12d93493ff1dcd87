/**
 * What cannot be seen from a page alone: that upstream was away from our sight for so long that it may have forgotten the
 * cursor, that the silence of a log is suspicious, and that events came to a place that was read already.
 */
import { type DirectoryEvent, timestampMs } from "@dirsync/sdk";
import { placesAmong } from "../journal/places.ts";
import type { Journal, StreamMemory } from "../journal/model.ts";
import type { EventPage } from "../model.ts";
import type { Probe } from "./survey.ts";

/** An event made this much before the newest one is late. Commits that overlap differ by far less. */
const lateMs = 60_000;

/** A log that says nothing for so long is asked in another way: it may not know the cursor and not say so. */
const silenceMs = 60 * 60 * 1_000;

/** Not to be trusted to still have the cursor, after this share of what it keeps. */
const awayShare = 0.5;

/** Now and then the last stretch before the cursor is read once more, for what came to it later. */
const sweepEveryMs = 10 * 60 * 1_000;
const sweptMs = 15 * 60 * 1_000;
const sweptPagesMax = 20;

/** Times that the loop keeps in memory, by upstream's clock where there is one. */
export class Watch {
  readonly #retentionMs: number;
  /** When upstream was last known to have the cursor. */
  #sureAtMs: number;
  /** When it last said something, or was asked in the other way. */
  #heardAtMs: number;
  /** The time of the newest event. */
  #newestMs: number;
  #sweptAtMs: number;
  #changedAtMs: number;
  #verifiedMs: number | null = null;
  /** True when upstream may have become another one since it last went on from the cursor. */
  #isUnsure = true;

  constructor({ cursorEvent, verifiedThroughAtMs }: StreamMemory, { retentionMs, nowMs }: WatchOptions) {
    const madeMs = cursorEvent === null ? null : timestampMs(cursorEvent.created_at);
    this.#retentionMs = retentionMs;
    this.#newestMs = madeMs ?? Number.NEGATIVE_INFINITY;
    this.#sureAtMs = verifiedThroughAtMs ?? madeMs ?? nowMs;
    this.#heardAtMs = madeMs ?? nowMs;
    this.#sweptAtMs = nowMs;
    this.#changedAtMs = nowMs;
  }

  /**
   * True when it is time to look whether upstream still has the cursor. `isRelied` when something goes by what stands
   * behind it being all there is: an empty page may come from a service that does not know it.
   */
  isDoubtful({ events, hasMore }: EventPage, { nowMs, isRelied }: { nowMs: number; isRelied: boolean }): boolean {
    if (isRelied && this.#verifiedMs === null && events.length === 0 && !hasMore) return true;
    if (nowMs - this.#sureAtMs > this.#retentionMs * awayShare) return true;
    if (this.#isUnsure && events.length > 0) return true;
    return events.length === 0 && !hasMore && nowMs - this.#heardAtMs >= silenceMs;
  }

  /**
   * Up to when nothing is known to be missing; null when this process cannot tell yet. A page at the end of the log proves
   * it if it has events, if it was asked for by time, or if upstream was found to have the cursor. An empty one alone may
   * come from a service that does not know the cursor.
   */
  get verifiedThroughMs(): number | null {
    return this.#verifiedMs;
  }

  /** Upstream was away. A service that was started again with another log may not say that it does not know the cursor. */
  noteAway(): void {
    this.#isUnsure = true;
  }

  /** Upstream has been found to have the cursor, and this to be what follows it. */
  noteSure({ hasMore }: EventPage, nowMs: number): void {
    if (!hasMore) this.#verifiedMs = nowMs;
    this.#isUnsure = false;
    this.#sureAtMs = nowMs;
    this.#heardAtMs = nowMs;
  }

  /** Takes note of a page, and says which of its events are late. */
  note({ events, hasMore }: EventPage, { nowMs, isByTime }: Reading): ReadonlySet<string> {
    if (!hasMore && (isByTime || events.length > 0)) this.#verifiedMs = nowMs;
    if (events.length > 0 || !hasMore) this.#sureAtMs = nowMs;
    if (events.length > 0) {
      this.#heardAtMs = this.#changedAtMs = nowMs;
      this.#isUnsure = false;
    }
    const late = new Set<string>();
    let lastAt = "";
    let lastMs: number | null = null;
    for (const { id, created_at: createdAt } of events) {
      // What is done at once is made at once, and times are dear to read.
      if (createdAt !== lastAt) lastMs = timestampMs(createdAt);
      lastAt = createdAt;
      const madeMs = lastMs ?? this.#newestMs;
      if (madeMs < this.#newestMs - lateMs) late.add(id);
      this.#newestMs = Math.max(this.#newestMs, madeMs);
    }
    return late;
  }

  /** True when the stretch before the cursor is to be read once more; that is not done again while nothing happens. */
  isSweepDue(nowMs: number): boolean {
    // A clock that was set back must not put it off until it is as late again.
    if (Math.abs(nowMs - this.#sweptAtMs) < sweepEveryMs) return false;
    const isQuiet = this.#changedAtMs + sweptMs < this.#sweptAtMs;
    this.#sweptAtMs = nowMs;
    return !isQuiet;
  }
}

/** How a page was read. */
export interface Reading {
  readonly nowMs: number;
  /** True when it was asked for from a time on, or from the start, and not after a cursor. */
  readonly isByTime: boolean;
}

/** What a watch goes by. */
export interface WatchOptions {
  readonly retentionMs: number;
  readonly nowMs: number;
}

/** What a sweep brought up. */
export interface Found {
  readonly events: readonly DirectoryEvent[];
  /** By id, where each stands in upstream's order. */
  readonly places: ReadonlyMap<string, number>;
}

const nothing: Found = { events: [], places: new Map() };

/**
 * Events that upstream lists before the cursor, within the last quarter of an hour before it, and that the journal never
 * had. Not further back than the journal knows everything.
 */
export async function sweep(journal: Journal, probe: Probe): Promise<Found> {
  const { cursorEvent, before } = await journal.recall();
  const madeMs = cursorEvent === null ? null : timestampMs(cursorEvent.created_at);
  // Of what was made in the same moment as the oldest that is known, something may have been forgotten.
  const wholeAfterMs = timestampMs(before.at(-1)?.createdAt ?? "");
  if (cursorEvent === null || madeMs === null || wholeAfterMs === null) return nothing;
  const time = new Date(Math.max(madeMs - sweptMs, wholeAfterMs)).toISOString();
  const listed: DirectoryEvent[] = [];
  let page = await probe(null, { from: "time", time });
  for (let pages = 1; page !== null && pages <= sweptPagesMax; pages += 1) {
    const index = page.events.findIndex(({ id }) => id === cursorEvent.id);
    listed.push(...(index === -1 ? page.events : page.events.slice(0, index)));
    const last: DirectoryEvent | undefined = page.events.at(-1);
    if (index !== -1) return unknownOf(listed, { journal, wholeAfterMs, cursorId: cursorEvent.id });
    if (!page.hasMore || last === undefined) return nothing;
    page = await probe(last.id, { from: "start" });
  }
  return nothing;
}

async function unknownOf(
  listed: readonly DirectoryEvent[],
  { journal, wholeAfterMs, cursorId }: Before,
): Promise<Found> {
  const known = await journal.placesOf([...listed.map(({ id }) => id), cursorId]);
  const events = listed.filter(({ id, created_at: at }) => !known.has(id) && (timestampMs(at) ?? 0) > wholeAfterMs);
  const ids = [...listed.map(({ id }) => id), cursorId];
  return { events, places: placesAmong(ids, known, (place) => Math.ceil(place) - 1) };
}

interface Before {
  readonly journal: Journal;
  readonly wholeAfterMs: number;
  readonly cursorId: string;
}
