import type { Cursor, EventPage, EventSource, StartPosition } from "../model.ts";

/**
 * Asks for the page behind one that is about to be stored, so that storing and delivering take place while upstream
 * answers. At most one page is ahead. It never shows where the log ends: that is known of requests that were made when it
 * was asked for, and of no earlier ones.
 */
export class ReadAhead {
  readonly #source: EventSource;
  #ahead: { readonly after: Cursor; readonly page: Promise<EventPage> } | null = null;
  /** The page that was read last may have been the last one of the log. */
  #isAtEnd = false;

  constructor(source: EventSource) {
    this.#source = source;
  }

  /** Asks for what comes after this page, if there is more. Resolves when that is on its way. */
  async begin({ events, hasMore, refused = [] }: EventPage, start: StartPosition, signal: AbortSignal): Promise<void> {
    const after = events.at(-1)?.id;
    if (!hasMore || this.#isAtEnd || after === undefined || refused.length > 0 || signal.aborted) return;
    const page = this.#source.read(after, start, signal);
    // Whoever reads is told of a failure; until then nobody listens.
    page.catch(() => undefined);
    this.#ahead = { after, page };
    await this.#source.sent?.();
  }

  /** The page after this cursor: the one that was asked for, or one that is asked for now. */
  async read(after: Cursor | null, start: StartPosition, signal: AbortSignal): Promise<EventPage> {
    const ahead = this.#ahead;
    this.#ahead = null;
    this.#isAtEnd = false;
    const early = ahead?.after === after ? await ahead.page : null;
    if (early === null || (early.events.length === 0 && early.refused === undefined)) {
      return this.#source.read(after, start, signal);
    }
    this.#isAtEnd = !early.hasMore;
    return { ...early, hasMore: true };
  }
}
