import { setImmediate as nextTurn } from "node:timers/promises";
import {
  ContractError,
  type DirectorySync,
  type Runtime,
  type SalvagedPage,
  subscribableEventNames,
  systemRuntime,
} from "@dirsync/sdk";
import type { Cursor, EventSource, StartPosition } from "../model.ts";
import { PageSize } from "./page-size.ts";

/** Which part of the log to read. */
export interface EventsApiOptions {
  /** Event names to ask for. Default all that the service is known to take. */
  readonly events?: readonly string[];
  readonly organizationId?: string;
  /** The address at which a journal knows this log, where the service has another one now. Default none. */
  readonly movedFrom?: string | undefined;
  /** Default the clock of the machine. */
  readonly runtime?: Runtime;
}

/** Empty pages in a row that are followed before we rest: a filtered log may have long empty stretches. */
const emptyPagesMax = 50;

/** Between two of them. One may well come by chance; a service that has nothing else must not be asked as fast as it can answer. */
const emptyRestMs = 200;

/** A stretch of the log without an event to remember, as far as it has been crossed. */
interface Crossing {
  readonly begin: string;
  readonly page: string;
}

type Page = Omit<SalvagedPage, "refused"> & Partial<Pick<SalvagedPage, "refused">>;

/** Reads one page, from a place that is given as a query. */
type ReadPage = (place: Place, signal: AbortSignal) => Promise<Page>;

/** The ordered log behind `GET /events`, of WorkOS or of a Dirsync server. */
export function eventsApiSource(client: DirectorySync, options: EventsApiOptions = {}): EventSource {
  const filter = { events: options.events ?? subscribableEventNames, ...organization(options.organizationId) };
  const { runtime = systemRuntime } = options;
  const size = new PageSize(runtime.log);
  let crossed: Crossing | null = null;
  const readWith =
    (readPage: ReadPage): EventSource["read"] =>
    async (after, start, signal) => {
      const place = position(after, start);
      const begin = JSON.stringify(place);
      const from = crossed?.begin === begin ? { after: crossed.page } : place;
      crossed = null;
      const page = await cross(await readPage(from, signal), async (next, isFirst) => {
        if (!isFirst) await runtime.sleep(emptyRestMs, signal);
        return readPage({ after: next }, signal);
      });
      const { events, after: next, answeredAtMs, refused = [] } = page;
      // Such a page has no event whose id could be stored, so how far we came is only kept in memory.
      if (events.length === 0 && next !== null) crossed = { begin, page: next };
      return {
        events,
        hasMore: next !== null,
        answeredAtMs,
        isParsed: true,
        ...(refused.length === 0 ? {} : { refused }),
      };
    };
  return {
    identity: identityOf(client.baseUrl, options),
    formerIdentity: options.movedFrom === undefined ? undefined : identityOf(options.movedFrom, options),
    read: readWith((place, signal) =>
      size.read((limit) => client.events.page({ ...filter, limit, ...place }, { signal }), tellFirst(place)),
    ),
    salvage: readWith((place, signal) =>
      size.read((limit) => client.events.salvage({ ...filter, limit, ...place }, { signal }), tellFirst(place)),
    ),
    sent,
  };
}

/**
 * undici lets a whole turn of the event loop pass before it uses a connection again whose last answer has just come, and that comes
 * after the turn in which it came. Storing a page takes two milliseconds, which the request would spend on this side.
 */
async function sent(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

/** Follows empty pages to the next one that is not, or as far as one read goes. */
async function cross(first: Page, readAfter: (after: string, isFirst: boolean) => Promise<Page>): Promise<Page> {
  let page = first;
  const seen = new Set<string>();
  while (isEmpty(page) && page.after !== null && seen.size < emptyPagesMax) {
    refuseCircle(seen, page.after);
    seen.add(page.after);
    page = await readAfter(page.after, seen.size === 1);
  }
  return page;
}

function isEmpty({ events, refused = [] }: Page): boolean {
  return events.length === 0 && refused.length === 0;
}

/**
 * A cursor that leads back to itself would be followed for ever.
 * @throws ContractError `cursor_stuck`.
 */
function refuseCircle(seen: ReadonlySet<string>, after: string): void {
  if (!seen.has(after)) return;
  throw new ContractError(
    `GET /events leads in a circle: ${after} was the next page twice, without an event between.`,
    {
      code: "cursor_stuck",
      issues: [{ path: "list_metadata.after", message: "expected a page not seen before" }],
    },
  );
}

interface Place {
  readonly after?: string;
  readonly range_start?: string;
}

/** `after` and `range_start` exclude each other (GET /events). */
function position(after: Cursor | null, start: StartPosition): Place {
  if (after !== null) return { after };
  switch (start.from) {
    case "start":
      return {};
    case "time":
      return { range_start: start.time };
    case "event":
      return { after: start.id };
    default:
      return start satisfies never;
  }
}

function tellFirst({ after, range_start: since }: Place): string {
  if (after !== undefined) return `The event after ${after}`;
  return since === undefined ? "The first event of the log" : `The first event since ${since}`;
}

function organization(id: string | undefined): { organization_id?: string } {
  return id === undefined ? {} : { organization_id: id };
}

/**
 * A log seen through another filter is another log: a cursor taken through a narrow one stands after events that a
 * wider one would still have to show.
 */
function identityOf(baseUrl: string, { events, organizationId }: EventsApiOptions): string {
  const only = [
    ...(events === undefined ? [] : [[...events].sort().join(",")]),
    ...(organizationId === undefined ? [] : [organizationId]),
  ];
  return only.length === 0 ? baseUrl : `${baseUrl} (only ${only.join(" of ")})`;
}
