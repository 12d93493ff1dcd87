import { isEnvelope, type DirectoryEvent } from "../contract/envelope.ts";
import { envelopeCheck } from "../contract/envelope-check.ts";
import { timestampMs } from "../contract/timestamp.ts";
import { ContractError } from "../errors.ts";
import type { Schema, SchemaIssue } from "../http/answer.ts";

/** One page of the log, oldest event first. */
export interface EventsPage {
  readonly events: readonly DirectoryEvent[];
  /**
   * Cursor of the following page, null at the end of the log. Not a position to store: that is the id of the last
   * event you are finished with.
   */
  readonly after: string | null;
}

/**
 * Checks the answer to GET /events. Only the envelopes are checked; `data` is for the handler that knows the event.
 * One event without a whole envelope refuses the page: skipping it would lose it without a trace.
 */
export const eventsPageSchema: Schema<EventsPage> = {
  safeParse(value) {
    const issues = issuesOf(value);
    if (issues.length > 0) return { success: false, error: { issues } };
    const body = value as EventsBody;
    return { success: true, data: { events: body.data, after: body.list_metadata.after ?? null } };
  },
};

interface EventsBody {
  readonly data: readonly DirectoryEvent[];
  readonly list_metadata: { readonly after?: string | null };
}

/**
 * Refuses a page that runs from new to old: its cursors lead into the past, and whoever follows them misses every
 * event from now on. Equal stamps say nothing, and one step back among steps forward is only a clock.
 * @throws ContractError `descending_page`.
 */
export function refuseDescending(events: readonly DirectoryEvent[]): void {
  const stamps = events.map((event) => timestampMs(event.created_at)).filter((ms) => ms !== null);
  const steps = stamps.slice(1).map((ms, index) => ms - (stamps[index] ?? ms));
  if (steps.some((step) => step > 0) || !steps.some((step) => step < 0)) return;
  const span = `${events[0]?.id} to ${events.at(-1)?.id}`;
  const advice = "Order asc was asked for; this service cannot be consumed by cursor.";
  throw new ContractError(`GET /events answered newest first (${span}). ${advice}`, {
    code: "descending_page",
    retryable: false,
    issues: [{ path: "data", message: "expected created_at to ascend" }],
  });
}

/**
 * Refuses a page that holds the very event it should follow: the service has overlooked the cursor, and the page is
 * most likely the beginning of the log.
 * @throws ContractError `cursor_ignored`.
 */
export function refuseCursorInPage(events: readonly DirectoryEvent[], after: string): void {
  const index = events.findIndex((event) => event.id === after);
  if (index === -1) return;
  throw new ContractError(`GET /events was asked for what follows ${after} and answered with ${after} itself.`, {
    code: "cursor_ignored",
    retryable: false,
    issues: [{ path: `data.${index}.id`, message: "expected an event after the cursor" }],
  });
}

function issuesOf(value: unknown): readonly SchemaIssue[] {
  if (!isObject(value)) return [{ path: [], message: "expected an object" }];
  if (value["object"] !== "list") return [{ path: ["object"], message: 'expected "list"' }];
  if (!Array.isArray(value["data"])) return [{ path: ["data"], message: "expected an array" }];
  const metadata = value["list_metadata"];
  if (!isObject(metadata)) return [{ path: ["list_metadata"], message: "expected an object" }];
  const after = metadata["after"];
  if (after !== undefined && after !== null && (typeof after !== "string" || after === "")) {
    return [{ path: ["list_metadata", "after"], message: "expected a cursor or null" }];
  }
  return value["data"].flatMap((event: unknown, index) => (isEnvelope(event) ? [] : envelopeIssues(event, index)));
}

function envelopeIssues(event: unknown, index: number): SchemaIssue[] {
  const issues = envelopeCheck.issuesOf(event, ["data", index]);
  const id = isObject(event) && typeof event["id"] === "string" ? ` (event ${event["id"].slice(0, 100)})` : "";
  return issues.map((issue) => ({ path: issue.path, message: `${issue.message}${id}` }));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
