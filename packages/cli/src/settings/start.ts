import type { StartPosition } from "@dirsync/consumer";
import { type Kind, type Reading, tell } from "./kinds.ts";

const isoTime = /^\d{4}-\d{2}-\d{2}(T|$)/;
/** Ids are opaque, but none is without a digit: `nwo` is a slip and not an id. */
const eventId = /^(?=.*\d)[A-Za-z][\w.:-]{0,255}$/;

/** Where a new state file begins: `start`, `now`, an ISO 8601 time or an event id, as text: `now` depends on when. */
export const start: Kind<string, string> = {
  placeholder: "where",
  typeInFile: "string",
  read: (given) => {
    const reading = startPosition(String(given), 0);
    return "mistake" in reading ? reading : { value: String(given) };
  },
  show: (value) => value,
};

/** The position that such a text means when the service's clock says `nowMs`. */
export function startPosition(text: string, nowMs: number): Reading<StartPosition> {
  if (text === "start") return { value: { from: "start" } };
  if (text === "now") return { value: { from: "time", time: new Date(nowMs).toISOString() } };
  if (isoTime.test(text)) {
    const reading = time(text);
    return "mistake" in reading ? reading : { value: { from: "time", time: reading.value } };
  }
  if (eventId.test(text)) return { value: { from: "event", id: text } };
  return { mistake: `takes start, now, an ISO time such as 2026-01-31T09:00:00Z or an event id, not: ${tell(text)}` };
}

/** An ISO 8601 time in UTC with milliseconds, as the service takes it. A time without a zone is UTC. */
export function time(text: string): Reading<string> {
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes("T");
  const ms = Date.parse(hasZone ? text : `${text}Z`);
  if (!Number.isNaN(ms)) return { value: new Date(ms).toISOString() };
  return { mistake: `is not an ISO time, such as 2026-01-31 or 2026-01-31T09:00:00Z: ${tell(text)}` };
}

/** The name of an event, known or not. */
export const eventName: Kind<string, string> = {
  placeholder: "name",
  typeInFile: "string",
  read: (given) =>
    typeof given === "string" && /^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(given)
      ? { value: given }
      : { mistake: `is no event name: ${tell(given)}` },
  show: (value) => value,
};

/** The name of an event, where a `*` stands for any part of it: `dsync.user.*`. */
export const eventPattern: Kind<string, string> = {
  placeholder: "name",
  typeInFile: "string",
  read: (given) =>
    typeof given === "string" && /^[a-z0-9_*]+(\.[a-z0-9_*]+)*$/.test(given)
      ? { value: given }
      : { mistake: `is no event name, nor a pattern such as dsync.user.*: ${tell(given)}` },
  show: (value) => value,
};

/** The id of a directory. Ids are opaque; but a word without a digit is a name, and would never come up. */
export const directoryId: Kind<string, string> = {
  placeholder: "id",
  typeInFile: "string",
  read: (given) =>
    typeof given === "string" && /^(?=directory_|.*\d)\S{1,256}$/.test(given)
      ? { value: given }
      : { mistake: `is no id of a directory, as \`dirsync directories list\` shows them: ${tell(given)}` },
  show: (value) => value,
};
