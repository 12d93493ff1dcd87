import type { StartPosition } from "@dirsync/consumer";
import { wrongUsage } from "../wrong-usage.ts";

const isoTime = /^\d{4}-\d{2}-\d{2}(T|$)/;
/** Ids are opaque, but none is without a digit: `nwo` is a slip and not an id. */
const eventId = /^(?=.*\d)[A-Za-z][\w.:-]{0,255}$/;

/**
 * Reads `--from`: `start`, `now`, an ISO 8601 time or an event id.
 * @throws usage when it is none of these.
 */
export function parseStartPosition(text: string, nowMs: number): StartPosition {
  if (text === "start") return { from: "start" };
  if (text === "now") return { from: "time", time: new Date(nowMs).toISOString() };
  if (isoTime.test(text)) return { from: "time", time: parseTime(text, "--from") };
  if (eventId.test(text)) return { from: "event", id: text };
  throw wrongUsage(`--from takes start, now, an ISO time or an event id, not: ${text}`);
}

/** An ISO 8601 time in UTC with milliseconds, as the service takes it. A time without a zone is UTC. */
export function parseTime(text: string, where: string): string {
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes("T");
  const ms = Date.parse(hasZone ? text : `${text}Z`);
  if (Number.isNaN(ms)) throw wrongUsage(`${where} is not an ISO time: ${text}`);
  return new Date(ms).toISOString();
}

/** Event names from a comma list; absent means all. */
export function parseEventNames(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(",").map((name) => name.trim());
  const wrong = names.find((name) => !/^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(name));
  if (wrong === undefined) return names;
  throw wrongUsage(`--events has something that is no event name: "${wrong}"`);
}
