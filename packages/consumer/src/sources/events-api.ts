import { type DirectorySync, subscribableEventNames } from "@dirsync/sdk";
import type { Cursor, EventPage, EventSource, StartPosition } from "../model.ts";

export interface EventsApiOptions {
  /** Event names to ask for. Default all that the service is known to take. */
  readonly events?: readonly string[];
  readonly organizationId?: string;
}

/** Pages as large as the service allows: fewest requests while catching up. */
const pageLimit = 100;

/** Empty pages in a row that are followed before we rest and ask again. */
const emptyPagesMax = 50;

/** The ordered log behind `GET /events`, of WorkOS or of a Dirsync server. */
export function eventsApiSource(client: DirectorySync, options: EventsApiOptions = {}): EventSource {
  const events = options.events ?? subscribableEventNames;
  return {
    identity: client.baseUrl,
    async read(after: Cursor | null, start: StartPosition, signal: AbortSignal): Promise<EventPage> {
      const query = { events, limit: pageLimit, ...organization(options.organizationId) };
      let page = await client.events.page({ ...query, ...position(after, start) }, { signal });
      // A filtered log may have empty stretches. They are crossed in memory: such a page has no event to remember.
      for (let hops = 0; page.events.length === 0 && page.after !== null && hops < emptyPagesMax; hops += 1) {
        page = await client.events.page({ ...query, after: page.after }, { signal });
      }
      return { events: page.events, hasMore: page.events.length > 0 && page.after !== null };
    },
  };
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
