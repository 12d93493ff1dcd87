import { ConfigError, ContractError } from "../errors.ts";
import { callSite, fromHere, type CallSite } from "./call-site.ts";
import { itemsOf } from "./items.ts";
import { checkWhole } from "./limits.ts";

/** One page of a list. Pass `after` on to get the next page, with order `normal` `before`; null means that this was the last one. */
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
  /**
   * Everything at once, for lists that are known to be short. Never gives a part of a list for the whole.
   * @throws ConfigError as soon as there are more than `max` items.
   */
  toArray(options: { readonly max: number }): Promise<T[]>;
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
    pages: () => walk(source, callSite()),
    // JavaScript lets the argument be forgotten, and then this would be a TypeError about us.
    toArray: async (options?: { readonly max: number }) =>
      fromHere(async () => collect(walk(source, callSite()), source.what, checkWhole(options?.max, "max"))),
    [Symbol.asyncIterator]: () => itemsOf(walk(source, callSite()), ({ data }) => data),
  };
}

async function collect<T>(pages: AsyncIterable<Page<T>>, what: string, max: number): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) {
    items.push(...page.data);
    if (items.length > max) throw tooMany(what, max);
  }
  return items;
}

function tooMany(what: string, max: number): ConfigError {
  const advice = "Walk it with for await, or pass a larger max.";
  return new ConfigError(`${what} has more than ${max} items. ${advice}`, { where: "max" });
}

async function* walk<T>(source: ListingSource<T>, traced: CallSite): AsyncGenerator<Page<T>, void, undefined> {
  const closesLoop = loopDetector();
  let cursor: string | null = null;
  // A function of its own, because a generator holds what it has named once until it ends: here a page while it waits for
  // the next one.
  const turn = async (): Promise<Page<T>> => {
    const page = await source.read(cursor).catch((error: unknown) => {
      throw traced(error);
    });
    cursor = source.next(page);
    // Before the page is handed out: what comes with a cursor that leads nowhere is most likely a repeat.
    if (cursor !== null && closesLoop(cursor)) throw notAdvancing(source.what, cursor);
    return page;
  };
  do yield await turn();
  while (cursor !== null);
}

/**
 * Finds a walk that goes in a circle, of any length, while remembering one cursor only (Brent's method): the
 * remembered cursor moves up at every power of two, so a circle meets it within a few rounds.
 */
function loopDetector(): (cursor: string) => boolean {
  let remembered: string | null = null;
  let steps = 0;
  let stepsMax = 1;
  return (cursor) => {
    if (cursor === remembered) return true;
    steps += 1;
    if (steps === stepsMax) {
      remembered = cursor;
      stepsMax *= 2;
      steps = 0;
    }
    return false;
  };
}

function notAdvancing(what: string, cursor: string): ContractError {
  const message = `${what} does not advance: cursor ${cursor} came back, so the list would never end.`;
  return new ContractError(message, {
    code: "cursor_not_advancing",
    retryable: false,
    issues: [{ path: "list_metadata.after", message: "expected a cursor not seen before" }],
  });
}
