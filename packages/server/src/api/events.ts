import { Hono } from "hono";
import { bytesAnswer } from "../http/bytes-answer.ts";
import { badRequest, type HttpProblem, validationFailed } from "../http/problem.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import { lowestIdAt } from "../ids.ts";
import type { Data, EventFilter } from "../store/model.ts";
import type { LostEvent } from "../store/lineage-model.ts";
import { filterOfNames, namesOfLog } from "./event-names.ts";
import { parseIsoTime } from "./iso-time.ts";
import { listBytes, parseLimit, parseOrder } from "./paging.ts";
import { isServiceEvent } from "./service-events.ts";
import { valuesOf } from "./values.ts";

/**
 * `GET /events`: a page of the log, always oldest first. `order` is checked and has no effect, as on the live service:
 * four official SDKs send `desc` without being asked, and their users follow the cursor all the same (contract of the
 * events parameters). `range_start` is inclusive, `range_end` exclusive, so that adjoining ranges neither repeat nor
 * skip an event.
 */
export function eventRoutes({ store }: Services): Hono<{ Variables: RequestVariables }> {
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.get("/", async (context) => {
    const request = parseRequest(new URL(context.req.url).searchParams);
    const page = await store.read(async (data) => {
      const filter = await filterOf(data, request);
      if (filter === null) return { body: new Uint8Array(), lastId: null, hasMore: false };
      return await data.log.bodies(filter, { ...(await windowOf(data, request)), limit: request.limit });
    });
    const after = page.hasMore ? page.lastId : null;
    return bytesAnswer(context, listBytes(page.body, { after }));
  });
  return app;
}

type Names = readonly [string, ...string[]];

interface EventsRequest {
  readonly names: Names;
  readonly limit: number;
  readonly after: string | null;
  readonly before: string | null;
  readonly organizationId: string | null;
  /** Epoch milliseconds. */
  readonly rangeStartMs: number | null;
  readonly rangeEndMs: number | null;
}

function parseRequest(query: URLSearchParams): EventsRequest {
  const names = parseNames(query);
  parseOrder(query.get("order"));
  const after = query.get("after");
  if (after !== null && query.get("range_start") !== null) {
    throw badRequest("invalid_events_request", "after and range_start exclude each other; send one of them.");
  }
  return {
    names,
    limit: parseLimit(query.get("limit")),
    after,
    before: query.get("before"),
    organizationId: query.get("organization_id"),
    rangeStartMs: parseTime(query, "range_start"),
    rangeEndMs: parseTime(query, "range_end"),
  };
}

function parseNames(query: URLSearchParams): Names {
  const names = valuesOf(query, "events") ?? [];
  const [first, ...others] = names;
  if (first === undefined) throw validationFailed([{ code: "required", field: "events" }]);
  for (const name of names) {
    if (isServiceEvent(name)) continue;
    throw badRequest(
      "invalid_events_request",
      `Invalid name parameter, received: '${name.slice(0, 128)}'. You must pass in valid event names`,
    );
  }
  return namesOfLog([first, ...others]);
}

function parseTime(query: URLSearchParams, field: string): number | null {
  const text = query.get(field);
  if (text === null) return null;
  const timeMs = parseIsoTime(text);
  if (timeMs === null) {
    throw validationFailed([{ code: "invalid", field, message: `${field} must be an ISO 8601 time.` }]);
  }
  return timeMs;
}

/** Null when no event can match. */
async function filterOf(data: Data, request: EventsRequest): Promise<EventFilter | null> {
  if (request.organizationId === null) return filterOfNames(request.names);
  // Also of one that has been deleted: that is how its readers hear of the end of its directories.
  const organizationSeq = await data.lists.placeOf("organization", request.organizationId);
  return organizationSeq === null ? null : { names: request.names, organizationSeq };
}

async function windowOf(data: Data, request: EventsRequest): Promise<{ above: number; below: number }> {
  const start = request.rangeStartMs;
  const end = request.rangeEndMs;
  const cursor = await seqOfCursor(data, request.after);
  const bound = await seqOfCursor(data, request.before);
  const above = cursor ?? (start === null ? 0 : await data.log.seqBefore(lowestIdAt("event_", start)));
  const endSeq = end === null ? Number.MAX_SAFE_INTEGER : (await data.log.seqBefore(lowestIdAt("event_", end))) + 1;
  return { above, below: Math.min(bound ?? Number.MAX_SAFE_INTEGER, endSeq) };
}

async function seqOfCursor(data: Data, id: string | null): Promise<number | null> {
  if (id === null) return null;
  const seq = await data.log.seqOf(id);
  if (seq !== null) return seq;
  const loss = await data.lineage.lossOf(id);
  if (loss !== null) throw rolledBack(id, loss);
  throw badRequest(
    "event_cursor_not_found",
    "This log has no event with the id given as cursor. Nothing was skipped: start from oldest_event_id or a time.",
    { cursor: id.slice(0, 256), oldest_event_id: await data.log.oldestId() },
  );
}

/** Clients that know no such code tell a lost cursor by its id in the message. */
function rolledBack(id: string, { restoredAt, lastEventId }: LostEvent): HttpProblem {
  const lost = `Event ${id.slice(0, 128)} is lost: at ${restoredAt} this log was restored from a backup made before it.`;
  return badRequest(
    "event_cursor_rolled_back",
    `${lost} Go on after last_event_id, and compare what you have with the lists.`,
    {
      cursor: id.slice(0, 256),
      last_event_id: lastEventId,
      restored_at: restoredAt,
    },
  );
}
