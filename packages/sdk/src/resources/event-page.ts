import { check, literal, nullish, object } from "../contract/check.ts";
import { isEnvelope, isObject, type DirectoryEvent } from "../contract/envelope.ts";
import { envelopeCheck } from "../contract/envelope-check.ts";
import { timestampMs } from "../contract/timestamp.ts";
import { ContractError, type ContractIssue } from "../errors.ts";
import { flatIssue, type Schema, type SchemaIssue } from "../http/answer.ts";

/** One page of the log, oldest event first. */
export interface EventsPage {
  readonly events: readonly DirectoryEvent[];
  /**
   * Cursor of the following page, null at the end of the log. Not a position to store: that is the id of the last
   * event you are finished with.
   */
  readonly after: string | null;
  /**
   * When the service answered, in epoch milliseconds by its own clock (whole seconds, rounded down): the last page of
   * the log proves that nothing more had happened until then. Null when the service does not tell.
   */
  readonly answeredAtMs: number | null;
}

/** A page as it comes out of its body. */
export type EventsBody = Omit<EventsPage, "answeredAtMs">;

/**
 * Checks the answer to GET /events. Only the envelopes are checked; `data` is for the handler that knows the event.
 * One event without a whole envelope refuses the page: skipping it would lose it without a trace.
 */
export const eventsPageSchema: Schema<EventsBody> = {
  safeParse(value) {
    const page = salvagedPageSchema.safeParse(value);
    if (!page.success) return page;
    const { refused, ...rest } = page.data;
    const { data } = value as EventsList;
    if (refused.length === 0) return { success: true, data: rest };
    const issues = refused.flatMap(({ index }) => envelopeIssues(data[index], index));
    return { success: false, error: { issues } };
  },
};

/** An element of a page that is no event: it lacks a whole envelope. */
export interface RefusedEvent {
  /** Its place among all elements of the page. */
  readonly index: number;
  /** Its id as far as it has one, which may be longer than ids can be; null when it has none. */
  readonly id: string | null;
  /** As it came. */
  readonly value: unknown;
  readonly issues: readonly ContractIssue[];
}

/** A page with what is no event set apart. */
export interface SalvagedPage extends EventsPage {
  readonly refused: readonly RefusedEvent[];
}

/** As `eventsPageSchema`, but an element without a whole envelope is set apart and does not refuse the page. */
export const salvagedPageSchema: Schema<Omit<SalvagedPage, "answeredAtMs">> = {
  safeParse(value) {
    const list = listCheck.safeParse(value);
    if (!list.success) return list;
    const { data, list_metadata: metadata } = list.data;
    const refused = data.flatMap((element, index) => (isEnvelope(element) ? [] : [refusedEvent(element, index)]));
    const events = data.filter((element) => isEnvelope(element));
    return { success: true, data: { events, after: metadata.after ?? null, refused } };
  },
};

function refusedEvent(value: unknown, index: number): RefusedEvent {
  const id = isObject(value) && typeof value["id"] === "string" && value["id"] !== "" ? value["id"] : null;
  return { index, id, value, issues: envelopeIssues(value, index).map(flatIssue) };
}

interface EventsList {
  readonly object: "list";
  readonly data: readonly unknown[];
  readonly list_metadata: { readonly after?: string | null };
}

/**
 * A log is in order of commit, and two events that are committed at the same moment may bear their stamps the other way
 * round. A page of two or three that steps back by less than this proves nothing; refusing it would stop a consumer that
 * is in order, until somebody else's event comes.
 */
const clockMsMax = 1_000;

/** By chance, this many steps back and none forward come once in 24 pages of concurrent events; backwards, always. */
const stepsBackMin = 3;

/**
 * Refuses a page that runs from new to old: its cursors lead into the past, and whoever follows them misses every
 * event from now on. Equal stamps say nothing, and one step back among steps forward is only a clock.
 * @throws ContractError `descending_page`.
 */
export function refuseDescending(events: readonly DirectoryEvent[]): void {
  let stepsBack = 0;
  let backMs = 0;
  let lastMs: number | null = null;
  for (const event of events) {
    const ms: number | null = timestampMs(event.created_at) ?? lastMs;
    const stepMs = (lastMs ?? ms ?? 0) - (ms ?? 0);
    // Nearly always at the second event: times are dear to read.
    if (stepMs < 0) return;
    if (stepMs > 0) stepsBack += 1;
    backMs += stepMs;
    lastMs = ms;
  }
  if (stepsBack < stepsBackMin && backMs < clockMsMax) return;
  const span = `${events[0]?.id} to ${events.at(-1)?.id}`;
  const advice = "Order asc was asked for; this service cannot be consumed by cursor.";
  throw new ContractError(`GET /events answered newest first (${span}). ${advice}`, {
    code: "descending_page",
    retryable: false,
    issues: [{ path: "data", message: "expected created_at to ascend" }],
  });
}

/** When the events happened, as far as they say so in a way that is understood. */
export function stampsOf(events: readonly DirectoryEvent[]): readonly number[] {
  return events.map((event) => timestampMs(event.created_at)).filter((ms) => ms !== null);
}

/**
 * Refuses a page that holds the very event it should follow: the service has overlooked the cursor, and the page is
 * most likely the beginning of the log.
 * @throws ContractError `cursor_ignored`.
 */
export function refuseCursorInPage(events: readonly DirectoryEvent[], after: string): void {
  const index = events.findIndex((event) => event.id === after);
  if (index === -1) return;
  throw new ContractError(`GET /events answered with ${after}, the one it should follow.`, {
    code: "cursor_ignored",
    retryable: false,
    issues: [{ path: `data.${index}.id`, message: "expected an event after the cursor" }],
  });
}

/** A page as a list, whatever it lists. */
const listCheck = object<EventsList>({
  object: literal("list"),
  data: check(Array.isArray, "expected an array"),
  list_metadata: object<EventsList["list_metadata"]>({
    after: nullish(check((value) => typeof value === "string" && value !== "", "expected a cursor or null")),
  }),
});

function envelopeIssues(event: unknown, index: number): SchemaIssue[] {
  const issues = envelopeCheck.issuesOf(event, ["data", index]);
  const id = isObject(event) && typeof event["id"] === "string" ? ` (event ${event["id"].slice(0, 100)})` : "";
  return issues.map((issue) => ({ path: issue.path, message: `${issue.message}${id}` }));
}
