/**
 * Looks for an event in upstream's own list, by time and not by cursor. Where `after` cannot be trusted, this is what tells
 * whether upstream still has the event, and what really follows it.
 */
import { type DirectoryEvent, isDirsyncError, timestampMs } from "@dirsync/sdk";
import type { Cursor, EventPage, EventSource, StartPosition } from "../model.ts";

/** What was found around the place where an event should stand. */
export interface Survey {
  /** False when upstream does not answer such a question, or not to its end. */
  readonly isConclusive: boolean;
  /** Events that upstream lists from shortly before the event's time on, as far as was looked. */
  readonly listed: readonly DirectoryEvent[];
  /** What follows the event in the list, at most a page; null when the list does not have the event. */
  readonly following: EventPage | null;
}

/** Bounds of a range are written in different precisions, and nobody says whether they are included. */
const aheadMs = 1_000;

/** A list that has come this far past the event's time does not have the event. */
const pastMs = 5 * 60 * 1_000;

/** What a service lists in the second around an event fits in far fewer. */
const pagesMax = 50;

/** Reads upstream for a survey; null when upstream refuses the question. */
export type Probe = (after: Cursor | null, start: StartPosition) => Promise<EventPage | null>;

/** A way to ask that is not troubled by what is no event, and takes a refusal for an answer. */
export function probeOf(source: EventSource, signal: AbortSignal): Probe {
  return async (after, start) => {
    try {
      return await readWhole(source, { after, start, signal });
    } catch (error) {
      if (isRefusal(error) || isIgnored(error)) return null;
      throw error;
    }
  };
}

/** Where to read. */
export interface Place {
  readonly after: Cursor | null;
  readonly start: StartPosition;
  readonly signal: AbortSignal;
}

/** Reads a page whatever stands in it, where the source can. */
export function readWhole(source: EventSource, { after, start, signal }: Place): Promise<EventPage> {
  return source.salvage === undefined ? source.read(after, start, signal) : source.salvage(after, start, signal);
}

/** True when upstream said that it does not take a position, or may have meant that. */
export function isRefusal(error: unknown): boolean {
  if (!isDirsyncError(error)) return false;
  if (error.code === "cursor_expired") return true;
  return "status" in error && refusalStatuses.has(error.status);
}

/** A position that is not known has no settled answer (400, 404 and 410 have been seen or said; 422 is any bad parameter). */
const refusalStatuses: ReadonlySet<unknown> = new Set([400, 404, 410, 422]);

/** True when the answer holds the very event that it should follow. */
export function isIgnored(error: unknown): boolean {
  return isDirsyncError(error) && error.code === "cursor_ignored";
}

/** Looks for `event` where its time says that it should be. */
export async function survey(event: DirectoryEvent, probe: Probe): Promise<Survey> {
  const madeMs = timestampMs(event.created_at);
  if (madeMs === null) return { isConclusive: false, listed: [], following: null };
  const time = new Date(madeMs - aheadMs).toISOString();
  const listed: DirectoryEvent[] = [];
  let page = await probe(null, { from: "time", time });
  for (let pages = 1; page !== null && pages <= pagesMax; pages += 1) {
    listed.push(...page.events);
    const index = page.events.findIndex(({ id }) => id === event.id);
    if (index !== -1) return { isConclusive: true, listed, following: await followingOf(page, index, probe) };
    const last = page.events.at(-1);
    const isPast = last !== undefined && (timestampMs(last.created_at) ?? 0) > madeMs + pastMs;
    if (!page.hasMore || isPast) return { isConclusive: true, listed, following: null };
    if (last === undefined) break;
    page = await probe(last.id, { from: "start" });
  }
  return { isConclusive: false, listed, following: null };
}

/** The rest of the page; at its end what is listed after the event before, because a page after the event itself is in doubt. */
async function followingOf(page: EventPage, index: number, probe: Probe): Promise<EventPage> {
  const rest = { ...page, events: page.events.slice(index + 1) };
  const before = page.events[index - 1];
  if (rest.events.length > 0 || !page.hasMore || before === undefined) return rest;
  const next = await probe(before.id, { from: "start" });
  if (next === null || next.events[0]?.id !== page.events[index]?.id) return rest;
  return { ...next, events: next.events.slice(1) };
}
