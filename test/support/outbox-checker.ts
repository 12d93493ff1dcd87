/**
 * Judges a service's log against what its writers were answered, what its readers saw and what its lists say: every
 * change that was answered is in the log with exactly its events, no event is without its change, and nobody who read
 * on from a place in the log ever missed one.
 */
import { tell, writerOf } from "./event-line.ts";
import { canonicalJson, type LogEvent } from "./event-log.ts";
import { foldLog } from "./log-fold.ts";

/** The promises of the log. */
export type LogRule =
  /** An answered request has all of its events in the log. */
  | "change without event"
  /** An event in the log is from an answered request, and there once. */
  | "event without change"
  /** What one writer did, one thing after the other, is in the log in that order. */
  | "order"
  /** A reader that goes on from where it was never misses an event that appears before that place. */
  | "reader"
  /** The lists say what the log adds up to. */
  | "lists";

/** A broken promise. */
export interface LogViolation {
  readonly rule: LogRule;
  readonly message: string;
}

/** What is judged, after the writers have stopped and the readers have come to the end. */
export interface LogEvidence {
  readonly log: readonly LogEvent[];
  /** By writer: the lines of `tell` its answered requests must have put into the log, in their order. */
  readonly writers: ReadonlyMap<string, readonly string[]>;
  /** Ids as each reader saw them, page after page. */
  readonly readers: readonly (readonly string[])[];
  /** What `GET /directory_users` lists in the end. */
  readonly users: readonly Readonly<Record<string, unknown>>[];
  /** What `GET /directory_groups` lists in the end. */
  readonly groups: readonly Readonly<Record<string, unknown>>[];
}

/** All promises that were broken; none when the service kept them. */
export function checkLog(evidence: LogEvidence): readonly LogViolation[] {
  return [...judgeWriters(evidence), ...judgeIds(evidence.log), ...judgeReaders(evidence), ...judgeLists(evidence)];
}

function judgeWriters({ log, writers }: LogEvidence): readonly LogViolation[] {
  const logged = new Map<string, string[]>([...writers.keys()].map((writer) => [writer, []]));
  const violations: LogViolation[] = [];
  for (const event of log) {
    const writer = writerOf(event);
    if (writer === null) continue;
    const lines = logged.get(writer);
    if (lines === undefined)
      violations.push({ rule: "event without change", message: `${tell(event)}: no such writer` });
    else lines.push(tell(event));
  }
  for (const [writer, told] of writers) violations.push(...compare(told, logged.get(writer) ?? []));
  return violations;
}

function compare(told: readonly string[], logged: readonly string[]): readonly LogViolation[] {
  const violations: LogViolation[] = [];
  const left = new Set(logged);
  for (const line of told) if (!left.has(line)) violations.push({ rule: "change without event", message: line });
  const known = new Set(told);
  for (const line of logged) {
    if (!known.delete(line)) violations.push({ rule: "event without change", message: line });
  }
  if (violations.length > 0) return violations;
  const place = logged.findIndex((line, index) => line !== told[index]);
  return place === -1 ? [] : [{ rule: "order", message: `${logged[place]} where ${told[place]} was to be` }];
}

function judgeIds(log: readonly LogEvent[]): readonly LogViolation[] {
  const ids = new Set<string>();
  return log.flatMap(({ id }): readonly LogViolation[] => {
    if (!ids.has(id)) {
      ids.add(id);
      return [];
    }
    return [{ rule: "event without change", message: `${id} is in the log twice` }];
  });
}

function judgeReaders({ log, readers }: LogEvidence): readonly LogViolation[] {
  return readers.flatMap((seen, reader): readonly LogViolation[] => {
    const place = Array.from({ length: Math.max(log.length, seen.length) }).findIndex(
      (_, index) => log[index]?.id !== seen[index],
    );
    if (place === -1) return [];
    const message = `reader ${reader} saw ${seen[place]} at place ${place}, where the log has ${log[place]?.id}`;
    return [{ rule: "reader", message }];
  });
}

function judgeLists({ log, users, groups }: LogEvidence): readonly LogViolation[] {
  const folded = foldLog(log);
  return [...compareObjects("users", folded.users, users), ...compareObjects("groups", folded.groups, groups)];
}

function compareObjects(kind: string, folded: readonly unknown[], listed: readonly unknown[]): readonly LogViolation[] {
  const inLog = new Set(folded.map(canonicalJson));
  const inList = new Set(listed.map(canonicalJson));
  return [
    ...[...inLog].filter((json) => !inList.has(json)).map((json) => `the log adds up to, the list has not: ${json}`),
    ...[...inList]
      .filter((json) => !inLog.has(json))
      .map((json) => `the list has, the log does not add up to: ${json}`),
  ].map((message) => ({ rule: "lists", message: `${kind}: ${message}` }));
}
