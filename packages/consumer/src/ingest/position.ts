/**
 * Tells apart why upstream does not go on where we are: a refused cursor, a wrong configuration, a log that started
 * again, or nothing at all; and finds the place to go on at. docs/adr/0008 has the table.
 *
 * Two kinds of evidence count. An event that upstream lists under an id of ours proves that it is the same log, and that
 * everything since is in it. And when the end of the log was read lately, there was nothing behind the cursor until then.
 * Where neither reaches, events may have been lost, and a gap says so.
 */
import {
  ConfigError,
  ContractError,
  type DirectoryEvent,
  isDirsyncError,
  type Runtime,
  timestampMs,
} from "@dirsync/sdk";
import { directoryIdOf } from "../entity.ts";
import type { Journal, StreamMemory, StreamPosition } from "../journal/model.ts";
import type { Cursor, EventPage, EventSource, GapReason, StartPosition } from "../model.ts";
import { isIgnored, isRefusal, type Probe, probeOf, readWhole, type Survey, survey } from "./survey.ts";

/** What is known when the position is in doubt. */
export interface Doubt {
  readonly source: EventSource;
  readonly journal: Journal;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly position: StreamPosition;
  /** How long upstream keeps events at the least. */
  readonly retentionMs: number;
  /** True when this process has read this log before: then its key and its address are right. */
  readonly hasContact: boolean;
}

/** What to do about a position in doubt. */
export type Verdict =
  /** Go on with this page. `isDetour` when it is not what upstream answered, but what its list says. */
  | { readonly kind: "take"; readonly page: EventPage; readonly isDetour: boolean }
  /** The position is good and the answer was not: ask again. */
  | { readonly kind: "retry"; readonly reason: string }
  /** Go on elsewhere; nothing is missing when `gap` is null. */
  | {
      readonly kind: "move";
      readonly cursor: Cursor | null;
      readonly start: StartPosition;
      readonly gap: GapReason | null;
    };

/** Another copy of the service may not have the newest event yet, and a restart is over by then. */
const secondLookMs = 10_000;

/** Reading by time begins this much earlier: events may show up in the list later than they were made. */
const overlapMs = 5 * 60 * 1_000;

/** Upstream is given this share of its retention: it may count from another moment than we do. */
const retentionShare = 0.9;

/** Pages of upstream's oldest events in which directories of ours are looked for. */
const kinPagesMax = 10;

/** True when an event that begins a page may have been read before. */
export async function isOld(first: DirectoryEvent, journal: Journal): Promise<boolean> {
  return (await journal.isOutOfPlace(first)) || (await journal.mayHaveForgotten(first));
}

/**
 * Upstream answered with an error that may be about the cursor.
 * @throws that error when it is about something else, ContractError `unknown_log`, ConfigError for a start that never was.
 */
export async function onRefusal(error: unknown, doubt: Doubt): Promise<Verdict> {
  const { source, signal } = doubt;
  // Without a position: when this fails as well, key, address, names or filter are at fault, and the position is not.
  const oldest = await readWhole(source, { after: null, start: { from: "start" }, signal });
  const second = await secondLook(doubt);
  // Now it takes the cursor, or seems to.
  if (second !== "refused") return onDoubt(second, doubt);
  const memory = await doubt.journal.recall();
  const probe = probeOf(source, signal);
  if (memory.cursorEvent === null) return withoutCursor({ doubt, memory, oldest, error });
  const found = await survey(memory.cursorEvent, probe);
  if (found.following !== null) return fromList(found.following);
  return lost({ doubt, memory, oldest, found, probe, refuses: true, isRolledBack: saysRolledBack(error) });
}

/** The page after the cursor; null when it holds the cursor itself. */
async function secondLook({ source, position, runtime, signal }: Doubt): Promise<EventPage | null | "refused"> {
  const asking = { after: position.cursor, retry_in_ms: secondLookMs };
  runtime.log.info(asking, "upstream does not take the position; it is asked once more before that counts");
  await runtime.sleep(secondLookMs, signal);
  try {
    return await readWhole(source, { after: position.cursor, start: position.start, signal });
  } catch (error) {
    if (isIgnored(error)) return null;
    if (isRefusal(error)) return "refused";
    throw error;
  }
}

/**
 * What upstream answered may not follow the cursor: `page` begins with what we had, with something old, or not at all;
 * null when the answer was refused because it held the cursor itself.
 * @throws ContractError `unknown_log`.
 */
export async function onDoubt(page: EventPage | null, doubt: Doubt): Promise<Verdict> {
  const { source, signal } = doubt;
  const memory = await doubt.journal.recall();
  const probe = probeOf(source, signal);
  if (memory.cursorEvent === null) {
    return page === null ? { kind: "retry", reason: "it ignores the cursor" } : take(page);
  }
  const found = await survey(memory.cursorEvent, probe);
  const { following } = found;
  if (following === null) {
    // A service that refuses this as well has another trouble than the position.
    const oldest = await readWhole(source, { after: null, start: { from: "start" }, signal });
    if (!found.isConclusive && !hasAged({ doubt, memory, oldest })) return unsettled(page, doubt);
    return lost({ doubt, memory, oldest, found, probe, refuses: false, isRolledBack: false });
  }
  const next = following.events[0]?.id;
  if (page !== null && next === page.events[0]?.id) return take(page);
  // The event at the cursor is all that its page of the list holds, so that the list does not tell what follows.
  if (next === undefined && following.hasMore) return unsettled(page, doubt);
  return fromList(following);
}

/** Upstream has the cursor's event and does not go on from it, so its list is followed instead. */
function fromList(following: EventPage): Verdict {
  if (following.events.length > 0) return { kind: "take", page: { ...following, hasMore: true }, isDetour: true };
  return { kind: "retry", reason: "it lists the event at the cursor and does not go on from it" };
}

/** Upstream does not list by time, so that its answer is all there is. Only one that begins with what is known speaks against it. */
async function unsettled(page: EventPage | null, { journal }: Doubt): Promise<Verdict> {
  const first = page?.events[0];
  if (page !== null && (first === undefined || !(await journal.isOutOfPlace(first)))) return take(page);
  return { kind: "retry", reason: "it seems to have started again" };
}

function take(page: EventPage): Verdict {
  return { kind: "take", page, isDetour: false };
}

interface Loss {
  readonly doubt: Doubt;
  readonly memory: StreamMemory;
  /** The first page of what upstream still has. */
  readonly oldest: EventPage;
  readonly found: Survey;
  readonly probe: Probe;
  /** True for a service that refuses what it does not know; one that does not may answer anything. */
  readonly refuses: boolean;
  /** True when it said that the event was lost because the log was put back. */
  readonly isRolledBack: boolean;
}

/** Upstream no longer has the event at the cursor. */
async function lost(loss: Loss): Promise<Verdict> {
  const { doubt, memory, oldest, found } = loss;
  const byId = await fromOlderEvent(loss);
  if (byId !== null) return byId;
  const cursorMs = madeMsOf(memory.cursorEvent) ?? Number.NaN;
  const isAged = hasAged(loss);
  if (isAged && isVerified(loss)) return fromTime(Math.max(cursorMs, seenUntilMs(loss) - overlapMs));
  if (oldest.events.length === 0 && found.listed.length === 0 && !isAged)
    throw unknownLog(doubt, "and has no event at all");
  const isKin = isAged || (await hasDirectoryOfOurs(loss));
  if (!isKin && !doubt.hasContact) throw unknownLog(doubt, "nor any directory of ours");
  const oldestMs = madeMsOf(oldest.events[0] ?? null);
  // What is older was ours, and may have been forgotten here since: it is not to be delivered once more.
  const goesBack = oldestMs !== null && oldestMs < cursorMs;
  if (goesBack) return { ...fromTime(cursorMs), gap: isAged ? "expired" : isKin ? "rolled_back" : "reset" };
  return { ...fromStart, gap: isAged ? "expired" : "reset" };
}

/** An event from before the cursor that upstream still goes on from. */
async function fromOlderEvent(loss: Loss): Promise<Verdict | null> {
  const { doubt, memory, oldest, probe, refuses, isRolledBack } = loss;
  for (let back = 1; back <= memory.before.length; back *= 2) {
    const id = memory.before[back - 1]?.id;
    if (id === undefined) break;
    const page = await probe(id, { from: "start" });
    // A service that starts again at any id it does not know has not recognised this one, nor need one that says nothing.
    if (page === null || page.events[0]?.id === oldest.events[0]?.id) continue;
    if (page.events.length === 0 && (!refuses || page.hasMore)) continue;
    const first = page.events[0]?.id ?? "";
    const places = await doubt.journal.placesOf([id, first]);
    if ((places.get(first) ?? Number.POSITIVE_INFINITY) <= (places.get(id) ?? 0)) continue;
    // One event may have been taken out of the log, unless it says otherwise. More, and only the newest, is one put back.
    const gap = back === 1 && !isRolledBack ? null : "rolled_back";
    return { kind: "move", cursor: id, start: { from: "start" }, gap };
  }
  return null;
}

/** True when the event at the cursor is so old that upstream need not have it any more. */
function hasAged({ doubt, memory, oldest }: Pick<Loss, "doubt" | "memory" | "oldest">): boolean {
  const madeMs = madeMsOf(memory.cursorEvent);
  const nowMs = oldest.answeredAtMs ?? doubt.runtime.now();
  return madeMs !== null && nowMs - madeMs >= doubt.retentionMs * retentionShare;
}

/** True when upstream was read to its end so lately that it must still have everything since. */
function isVerified({ doubt, memory, found, oldest }: Loss): boolean {
  const nowMs = oldest.answeredAtMs ?? doubt.runtime.now();
  const { verifiedThroughAtMs: verifiedMs } = memory;
  if (verifiedMs === null || nowMs - verifiedMs >= doubt.retentionMs * retentionShare) return false;
  // Something that was made before and that we never saw: this is not the log that was read to its end.
  return [...found.listed, ...oldest.events].every(
    (event) => (madeMsOf(event) ?? verifiedMs) >= verifiedMs - overlapMs,
  );
}

/** When the end of the log was last seen. Not later than now: a clock that was ahead then would have reading begin in the future. */
function seenUntilMs({ doubt, memory, oldest }: Pick<Loss, "doubt" | "memory" | "oldest">): number {
  const nowMs = oldest.answeredAtMs ?? doubt.runtime.now();
  return Math.min(memory.verifiedThroughAtMs ?? 0, nowMs);
}

const fromStart = { kind: "move", cursor: null, start: { from: "start" } } as const;

function fromTime(ms: number): Verdict & { kind: "move" } {
  return { kind: "move", cursor: null, start: { from: "time", time: new Date(ms).toISOString() }, gap: null };
}

async function hasDirectoryOfOurs({ memory, oldest, found, probe }: Loss): Promise<boolean> {
  const isOurs = (event: DirectoryEvent): boolean => memory.directories.has(directoryIdOf(event) ?? "");
  if (found.listed.some(isOurs)) return true;
  let page: EventPage | null = oldest;
  for (let pages = 0; page !== null && pages < kinPagesMax; pages += 1) {
    if (page.events.some(isOurs)) return true;
    const last: DirectoryEvent | undefined = page.events.at(-1);
    if (!page.hasMore || last === undefined) return false;
    page = await probe(last.id, { from: "start" });
  }
  return false;
}

/** A start at an event, from which nothing has been read yet, is refused. */
function withoutCursor({
  doubt,
  memory,
  oldest,
  error,
}: Pick<Loss, "doubt" | "memory" | "oldest"> & { error: unknown }): Verdict {
  const { position, retentionMs, runtime } = doubt;
  const { verifiedThroughAtMs: verifiedMs } = memory;
  if (position.start.from !== "event") throw error;
  if (verifiedMs === null) {
    const advice = "Start at a time or at an event that it has";
    throw new ConfigError(`The service does not know event ${position.start.id}, the start. ${advice}.`, {
      where: "start",
      cause: error,
    });
  }
  const nowMs = oldest.answeredAtMs ?? runtime.now();
  if (nowMs - verifiedMs < retentionMs * retentionShare) return fromTime(Math.min(verifiedMs, nowMs) - overlapMs);
  return { ...fromStart, gap: "expired" };
}

/** The answer of `@dirsync/server` for an event that came after the backup it was restored from. */
function saysRolledBack(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].some((each) => isDirsyncError(each) && each.code === "event_cursor_rolled_back");
}

function unknownLog({ source, position }: Doubt, how: string): ContractError {
  const asked = `${source.identity} does not know event ${String(position.cursor)}, the last one read, ${how}`;
  const advice =
    "Is it the key of another environment or organization? Another log needs another state file; so does this one, if it was reset";
  return new ContractError(`${asked}. ${advice}. Nothing was changed.`, {
    code: "unknown_log",
    issues: [{ path: "data", message: "expected events of the log that was read before" }],
    retryable: false,
  });
}

function madeMsOf(event: DirectoryEvent | null): number | null {
  return event === null ? null : timestampMs(event.created_at);
}
