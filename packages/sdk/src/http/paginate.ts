import { ContractError } from "../errors.ts";

/** One page of a list. Pass `after` on to get the next page; null means that this was the last one. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * A list that is read page by page while it is walked: at most one page is held at a time. Walking it again reads it
 * again. Nothing is requested before the first step.
 */
export interface Listing<T> extends AsyncIterable<T> {
  /** The pages themselves, for those who store a position per page. */
  pages(): AsyncIterable<Page<T>>;
  /** The first page only. */
  page(): Promise<Page<T>>;
}

/** How a list is read. */
export interface ListingSource<T> {
  /** Names the list in messages, for example `GET /events`. */
  readonly what: string;
  /** Reads the page at `cursor`; null is the first page, wherever the caller's options put it. */
  readonly read: (cursor: string | null) => Promise<Page<T>>;
  /** The cursor of the page that follows, or null at the end. */
  readonly next: (page: Page<T>) => string | null;
}

/** A listing over `source`. It ends only where the service says so: an empty page with a cursor is walked past. */
export function createListing<T>(source: ListingSource<T>): Listing<T> {
  return {
    page: async () => source.read(null),
    pages: () => walk(source),
    async *[Symbol.asyncIterator]() {
      for await (const page of walk(source)) yield* page.data;
    },
  };
}

async function* walk<T>(source: ListingSource<T>): AsyncGenerator<Page<T>, void, undefined> {
  const loop = loopDetector();
  let cursor: string | null = null;
  do {
    const page: Page<T> = await source.read(cursor);
    cursor = source.next(page);
    // Before the page is handed out: what comes with a cursor that leads nowhere is most likely a repeat.
    if (cursor !== null && loop.closes(cursor)) throw notAdvancing(source.what, cursor);
    yield page;
  } while (cursor !== null);
}

/**
 * Finds a walk that goes in a circle, of any length, while remembering one cursor only (Brent's method): the
 * remembered cursor moves up at every power of two, so a circle meets it within a few rounds.
 */
function loopDetector(): { closes(cursor: string): boolean } {
  let remembered: string | null = null;
  let steps = 0;
  let stepsMax = 1;
  return {
    closes(cursor) {
      if (cursor === remembered) return true;
      steps += 1;
      if (steps === stepsMax) {
        remembered = cursor;
        stepsMax *= 2;
        steps = 0;
      }
      return false;
    },
  };
}

function notAdvancing(what: string, cursor: string): ContractError {
  const message = `${what} does not advance: cursor ${cursor} came back again, so the list would never end.`;
  return new ContractError(message, {
    code: "cursor_not_advancing",
    retryable: false,
    issues: [{ path: "list_metadata.after", message: "expected a cursor not seen before" }],
  });
}
