import { ContractError, type DirectorySync, subscribableEventNames } from "@dirsync/sdk";
import type { Cursor, EventPage, EventSource, StartPosition } from "../model.ts";

/** Which part of the log to read. */
export interface EventsApiOptions {
  /** Event names to ask for. Default all that the service is known to take. */
  readonly events?: readonly string[];
  readonly organizationId?: string;
}

/** Pages as large as the service allows: fewest requests while catching up. */
const pageLimit = 100;

/** Empty pages in a row that are followed before we rest: a filtered log may have long empty stretches. */
const emptyPagesMax = 50;

/** A stretch of the log without an event to remember, as far as it has been crossed. */
interface Crossing {
  readonly after: Cursor | null;
  readonly page: string;
}

/** The ordered log behind `GET /events`, of WorkOS or of a Dirsync server. */
export function eventsApiSource(client: DirectorySync, options: EventsApiOptions = {}): EventSource {
  const filter = { events: options.events ?? subscribableEventNames, ...organization(options.organizationId) };
  let crossed: Crossing | null = null;
  return {
    identity: identityOf(client.baseUrl, options),
    async read(after: Cursor | null, start: StartPosition, signal: AbortSignal): Promise<EventPage> {
      const query = { ...filter, limit: pageLimit };
      const begin = crossed?.after === after ? { after: crossed.page } : position(after, start);
      crossed = null;
      let page = await client.events.page({ ...query, ...begin }, { signal });
      const seen = new Set<string>();
      while (page.events.length === 0 && page.after !== null && seen.size < emptyPagesMax) {
        refuseCircle(seen, page.after);
        seen.add(page.after);
        page = await client.events.page({ ...query, after: page.after }, { signal });
      }
      // Such a page has no event whose id could be stored, so how far we came is only kept in memory.
      if (page.events.length === 0 && page.after !== null) crossed = { after, page: page.after };
      return { events: page.events, hasMore: page.after !== null };
    },
  };
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

/** `after` and `range_start` exclude each other (GET /events). */
function position(after: Cursor | null, start: StartPosition): { after?: string; range_start?: string } {
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
