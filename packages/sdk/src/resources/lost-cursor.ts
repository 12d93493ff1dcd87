import { ApiError, CursorExpiredError } from "../errors.ts";

/** Codes that can only mean the cursor. `event_cursor_not_found` is what `@dirsync/server` answers. */
const lostCodes: ReadonlySet<string> = new Set([
  "event_cursor_not_found",
  "cursor_not_found",
  "cursor_expired",
  "invalid_cursor",
  "event_not_found",
]);

const lostStatuses: ReadonlySet<number> = new Set([400, 404, 410, 422]);

/** "Event not found", "Could not find event", "The cursor has expired", and their like. */
const lostMessages = [
  /\b(?:event|cursor)\b[^.]*\b(?:not found|does(?: not|n't) exist|not exist|expired|no longer)/i,
  /\b(?:could not|couldn't|cannot|unable to) find (?:the |an? )?(?:event|cursor)\b/i,
  /\b(?:invalid|unknown|expired) (?:event id|cursor|after)\b/i,
];

/** Routers that know no such path quote it, cursor and all; and a bad event name is not a bad cursor. */
const otherMessages = [/[?&]after=/i, /\bevent (?:names?|types?)\b/i, /\bname parameter\b/i];

/**
 * Turns the refusal of a cursor into `CursorExpiredError` and returns every other error as it is. The service has no
 * settled answer to a cursor it no longer knows, and answers bad event names with the same statuses; taking one of
 * those for a lost cursor would throw away a good position, so only what names the cursor counts.
 */
export function orLostCursor(error: unknown, after: string): unknown {
  if (!(error instanceof ApiError) || !isLostCursor(error, after)) return error;
  const advice = "Events between it and the oldest one still kept may be lost; decide where to go on.";
  const message = `The service no longer knows event ${after}, the cursor. ${advice}`;
  return new CursorExpiredError(message, { cursor: after, cause: error });
}

function isLostCursor(error: ApiError, after: string): boolean {
  if (!lostStatuses.has(error.status) || error.code === "invalid_events_request") return false;
  if (lostCodes.has(error.code)) return true;
  if (error.problems.some((problem) => problem.field === "after")) return true;
  // The message is the service's own sentence after the path, which has no query and so never holds the cursor.
  const said = error.message;
  if (otherMessages.some((pattern) => pattern.test(said))) return false;
  return said.includes(after) || lostMessages.some((pattern) => pattern.test(said));
}
