import type { DirectoryEvent } from "../contract/envelope.ts";
import { ContractError } from "../errors.ts";
import { itemsOf } from "../http/items.ts";
import type { Page } from "../http/paginate.ts";
import { stampsOf } from "./event-page.ts";

/** Some events of the log, and how far one has come with the last of them. */
export interface EventBatch {
  /** Oldest first. May be empty where a filter passes over a stretch of the log. */
  readonly events: readonly DirectoryEvent[];
  /**
   * The position to store once these events are finished with, and to pass as `after` later: the id of the last event.
   * Null while there has been none.
   */
  readonly cursor: string | null;
}

/**
 * A walk along the log to its end. An empty page does not end it. Walking it again begins at the same place again.
 * Whoever stores a position per event stores `event.id`; whoever stores one per page walks `pages()`.
 */
export interface EventWalk extends AsyncIterable<DirectoryEvent> {
  /** Page by page, for those who store one position for all of its events. */
  pages(): AsyncIterable<EventBatch>;
}

/**
 * How far a page may lie before the one it follows. The log is in order of commit, which clocks of several machines
 * follow only roughly; a log that begins again or runs backwards is off by more.
 */
const stepBackMsMax = 60_000;

/** A walk over the pages that `read` gives, from `after` on. */
export function walkEvents(read: () => AsyncIterable<Page<DirectoryEvent>>, after: string | null): EventWalk {
  return {
    pages: () => batches(read(), after),
    [Symbol.asyncIterator]: () => itemsOf(batches(read(), after), ({ events }) => events),
  };
}

async function* batches(
  pages: AsyncIterable<Page<DirectoryEvent>>,
  after: string | null,
): AsyncGenerator<EventBatch, void, undefined> {
  let cursor = after;
  let before: readonly DirectoryEvent[] = [];
  for await (const { data: events } of pages) {
    refuseRepeated(before, events);
    refuseStepBack(before, events);
    if (events.length > 0) before = events;
    cursor = events.at(-1)?.id ?? cursor;
    yield { events, cursor };
  }
}

function refuseRepeated(before: readonly DirectoryEvent[], events: readonly DirectoryEvent[]): void {
  const seen = new Set(before.map(({ id }) => id));
  const again = events.find(({ id }) => seen.has(id));
  if (again === undefined) return;
  throw new ContractError(`GET /events gave ${again.id} on two pages in a row: it does not advance.`, {
    code: "page_repeated",
    retryable: false,
    issues: [{ path: "data", message: "expected events not seen before" }],
  });
}

function refuseStepBack(before: readonly DirectoryEvent[], events: readonly DirectoryEvent[]): void {
  const oldestBefore = Math.min(...stampsOf(before));
  const newest = Math.max(...stampsOf(events));
  if (!Number.isFinite(oldestBefore) || !Number.isFinite(newest) || newest + stepBackMsMax >= oldestBefore) return;
  const advice = "It has begun again; this service cannot be consumed by cursor.";
  throw new ContractError(`GET /events answered with a page from before the one it should follow. ${advice}`, {
    code: "descending_page",
    retryable: false,
    issues: [{ path: "data", message: "expected events after those of the page before" }],
  });
}
