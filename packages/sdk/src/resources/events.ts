import { limitMax } from "../contract/list.ts";
import { ConfigError } from "../errors.ts";
import type { Schema } from "../http/answer.ts";
import type { ApiCalls, CallOptions } from "../http/call.ts";
import { createListing, type Listing, type Page } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import type { DirectoryEvent } from "../contract/envelope.ts";
import {
  eventsPageSchema,
  refuseCursorInPage,
  refuseDescending,
  salvagedPageSchema,
  type EventsBody,
  type EventsPage,
  type SalvagedPage,
} from "./event-page.ts";
import { walkEvents, type EventWalk } from "./event-walk.ts";
import { bothGiven, checkLimit } from "./list-endpoint.ts";
import { orLostCursor } from "./lost-cursor.ts";

/** Which part of the log to read. */
export interface EventListOptions {
  /**
   * Event names to read, at least one: the service has no "all". It refuses the whole request for one name it does
   * not know, so new names belong here only when the service has them. `subscribableEventNames` is safe.
   */
  readonly events: readonly string[];
  /** Id of the event to read on from; that event itself is not returned. Not together with `range_start`. */
  readonly after?: string | undefined;
  /** ISO 8601. Where to begin without a cursor; the service keeps 30 days. */
  readonly range_start?: string | undefined;
  /** ISO 8601. */
  readonly range_end?: string | undefined;
  readonly organization_id?: string | undefined;
  /** Events per page, 1 to 100. Default 100; the service's own default is 10. */
  readonly limit?: number | undefined;
}

/** The ordered log of everything that changed. Always read oldest first. */
export class Events {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  /** Every event from there to the end of the log. Ends only where the log ends, not at an empty page. */
  list(params: EventListOptions, options?: CallOptions): Listing<DirectoryEvent> {
    return createListing<DirectoryEvent>({
      what: "GET /events",
      read: async (cursor) => {
        const { events, after } = await this.page(cursor === null ? params : from(params, cursor), options);
        return { data: events, before: null, after };
      },
      next: (page: Page<DirectoryEvent>) => page.after,
    });
  }

  /**
   * Every event from there to the end of the log, with the position to store. Beside what `list` promises, no page may
   * repeat the one before it or lie before it in time.
   * @throws ContractError `page_repeated` or `descending_page`, and what `page` throws.
   */
  iterate(params: EventListOptions, options?: CallOptions): EventWalk {
    return walkEvents(() => this.list(params, options).pages(), params.after ?? null);
  }

  /**
   * One page of the log. Names that are not known pass through; `data` is not checked, `knownEventSchema` does that.
   * @throws CursorExpiredError when the service no longer knows `after`. It is never read as "start again".
   * @throws ContractError `descending_page`, `cursor_ignored`, or `contract_broken` for an event without a whole
   * envelope, which refuses the page.
   */
  async page(params: EventListOptions, options?: CallOptions): Promise<EventsPage> {
    return this.#read(params, eventsPageSchema, options);
  }

  /**
   * What is good of a page that `page` refuses because an event in it has no whole envelope; that event is set apart.
   * For whoever would rather go on and keep the bad event than wait until the service has mended it.
   * @throws what `page` throws otherwise.
   */
  async salvage(params: EventListOptions, options?: CallOptions): Promise<SalvagedPage> {
    return this.#read(params, salvagedPageSchema, options);
  }

  async #read<P extends EventsBody>(
    params: EventListOptions,
    schema: Schema<P>,
    options: CallOptions | undefined,
  ): Promise<P & Pick<EventsPage, "answeredAtMs">> {
    refuseMissingNames(params);
    const { after, range_start: rangeStart } = params;
    if (after !== undefined && rangeStart !== undefined) throw bothGiven("range_start");
    const limit = checkLimit(params.limit ?? limitMax);
    // The service's default order is in dispute, and only ascending pages can be followed by cursor.
    const query = { ...params, limit, order: "asc" };
    try {
      const request = { method: "GET", ...path`/events`, query } as const;
      const { body, answeredAtMs } = await this.#calls.readDated(request, schema, options);
      refuseDescending(body.events);
      if (after !== undefined) refuseCursorInPage(body.events, after);
      return { ...body, answeredAtMs };
    } catch (error) {
      throw after === undefined ? error : orLostCursor(error, after);
    }
  }
}

function from(params: EventListOptions, after: string): EventListOptions {
  return { ...params, range_start: undefined, after };
}

/** JavaScript callers have no compiler to tell them, and what the service makes of a request without names is unsettled. */
function refuseMissingNames(params: { readonly events?: readonly string[] } | undefined): void {
  if ((params?.events ?? []).length > 0) return;
  const message = "events is missing. Pass the names to read, for example subscribableEventNames.";
  throw new ConfigError(message, { where: "events" });
}
