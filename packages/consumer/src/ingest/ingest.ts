/**
 * Upstream log to journal.
 *
 * Reads a page after the cursor, writes the page and the new cursor in one transaction, and goes on at once while the
 * log has more; at its end it waits and asks again. A page has an effect only if all of it arrived and was valid.
 * Where upstream does not go on from the cursor, `position.ts` finds out why and where to go on.
 * Until upstream has answered once, an error that only a person can mend (a wrong key, a wrong URL) ends the loop, so
 * that a mistake shows at once; after that the loop outlasts it. Where the journal holds what this address has answered,
 * the address is right, and no answer ends the loop but one that refuses the key or the request. It reads no further while
 * the sinks are far behind: the journal is a buffer for a slow sink and not a second copy of the log.
 */
import { ContractError, isDirsyncError, type Runtime } from "@dirsync/sdk";
import type { BackPressure } from "./back-pressure.ts";
import { askedMs, backoffMs, isInTheWay, isMendable } from "./backoff.ts";
import type { Append, Journal, StreamPosition } from "../journal/model.ts";
import type { Fact } from "../fact.ts";
import type { Doorbell, EventPage, EventSource, StartPosition } from "../model.ts";
import { Pause } from "./pause.ts";
import { reportAppended, reportDetour } from "./report-appended.ts";
import type { Reading } from "../scan/reading.ts";
import { type Doubt, isOld, onDoubt, onRefusal, type Verdict } from "./position.ts";
import { untilStored } from "../storage-hold.ts";
import { ReadAhead } from "./read-ahead.ts";
import { isIgnored, isRefusal, probeOf, readWhole } from "./survey.ts";
import { sweep, Watch } from "./watch.ts";

/** What ingest reads, where it writes to, and when it ends. */
export interface IngestOptions {
  readonly source: EventSource;
  readonly journal: Journal;
  readonly start: StartPosition;
  readonly runtime: Runtime;
  /** Milliseconds between looks at the end of the log. */
  readonly pollMs: number;
  /** Ends that rest early. */
  readonly doorbell?: Doorbell | undefined;
  /** True to stop at the end of the log. */
  readonly once: boolean;
  /** Types of events that are known although the SDK does not know them. Default none. */
  readonly knownEvents?: readonly string[] | undefined;
  /** Asked where such a loop would stop: resolves to true for it to go on. */
  readonly isNeeded?: () => Promise<boolean>;
  /** Told what has been read, and when. */
  readonly reading?: Reading | undefined;
  /** Called after every append with how many events were new. */
  readonly onAppended: (count: number) => void;
  readonly onFact?: ((fact: Fact) => void) | undefined;
  /** Says when to wait for the sinks. Default never. */
  readonly pressure?: BackPressure;
  /** How long upstream keeps events at the least. Default 30 days. */
  readonly retentionMs?: number | undefined;
  /** True where upstream has answered before to the same key at the same address. Default false. */
  readonly hasContact?: boolean | undefined;
  readonly signal: AbortSignal;
}

/** The shorter of the two times that WorkOS's documentation gives for its log. */
const retentionMsDefault = 30 * 24 * 60 * 60 * 1_000;

/** In one-shot mode, how often a passing error may come up (each after the client's own retries) before we give up. */
const onceFailuresMax = 2;

/** A page that breaks the contract this often in a row is not a proxy's, and what is good of it is taken. */
const brokenMax = 2;

/** The rest where the log is not at its end, and a ring would say nothing. */
const restMs = 1_000;

/** The end of the log is noted at most this often; more would only grow the write-ahead log. */
const caughtUpNoteMs = 5_000;
/** Moving on and reading nothing is not done again at once. */
const moveRestMs = 10_000;

/** A start in the past stays within what one request may cover, and follows by more than a day: upstream's clock may be ahead. */
const startAgeMsMax = 40 * 60 * 60_000;
const startOverlapMs = 26 * 60 * 60_000;

/** Reads until aborted (resolves), until the end of the log when `once`, or until an error that cannot pass. */
export async function ingest(options: IngestOptions): Promise<void> {
  const loop = await begin(options);
  while (!options.signal.aborted) {
    if ((await options.pressure?.isTooFarAhead(loop.position.headSeq)) === true) {
      await rest(restMs, options);
      continue;
    }
    const askedAtMs = options.reading?.now() ?? 0;
    const page = await attempt(loop, () => readPage(loop));
    if (page === null) continue;
    await append(page, loop);
    if (page.hasMore) {
      if (page.events.length === 0 && page.refused === undefined) await rest(restMs, options);
      continue;
    }
    await noteCaughtUp(page, loop);
    options.reading?.noteEnd(askedAtMs);
    if (options.once && (await options.isNeeded?.()) !== true) return;
    await attempt(loop, () => lookBack(loop));
    await loop.pause.rest(options.signal, options.reading?.restMs(options.pollMs));
  }
}

interface Loop {
  readonly options: IngestOptions;
  readonly watch: Watch;
  readonly pause: Pause;
  readonly ahead: ReadAhead;
  position: StreamPosition;
  /** Errors in a row. */
  failures: number;
  /** Pages in a row that broke the contract. */
  broken: number;
  /** True while events that are none are to be expected. */
  isSalvaging: boolean;
  notedAtMs: number;
  /** True once upstream has answered properly. */
  hasContact: boolean;
  /** True once it has answered to the cursor. */
  hasRead: boolean;
  /** True where an earlier run has read from this address. */
  readonly isRead: boolean;
  /** Moves since the last page. */
  moves: number;
}

async function begin(options: IngestOptions): Promise<Loop> {
  const { journal, source, start, runtime, retentionMs = retentionMsDefault, pollMs, doorbell = null } = options;
  const position = await stored(() => journal.bind(source.identity, start, source.formerIdentity), options);
  const watch = new Watch(await journal.recall(), { retentionMs, nowMs: runtime.now() });
  const pause = new Pause({ doorbell, pollMs, runtime });
  const counts = { failures: 0, broken: 0, notedAtMs: 0, moves: 0 };
  const contact = { hasContact: options.hasContact ?? false, hasRead: false, isRead: position.headSeq > 0 };
  options.reading?.noteHead(position.headSeq);
  return { options, watch, pause, ahead: new ReadAhead(source), position, isSalvaging: false, ...counts, ...contact };
}

/** Resolves to null when it failed, which has been waited out, when there is nothing to take, or when it was aborted. */
async function attempt<T>(loop: Loop, work: () => Promise<T | null>): Promise<T | null> {
  const { signal, runtime } = loop.options;
  try {
    const result = await work();
    if (loop.failures > 0) runtime.log.info({ failures: loop.failures }, "upstream answers again");
    loop.failures = 0;
    return result;
  } catch (error) {
    if (signal.aborted) return null;
    loop.failures += 1;
    loop.watch.noteAway();
    loop.broken = isDirsyncError(error) && error.code === "contract_broken" ? loop.broken + 1 : 0;
    if (isFatal(error, loop)) throw error;
    const waitMs = backoffMs(error, loop.failures, runtime.random());
    const retryAfterMs = askedMs(error);
    if (retryAfterMs > 0) loop.options.onFact?.({ kind: "rate", retryAfterMs });
    const reason = error instanceof Error ? error.message : String(error);
    runtime.log.warn({ reason, retry_in_ms: waitMs, failures: loop.failures }, "cannot read the log; will try again");
    await rest(waitMs, loop.options);
    return null;
  }
}

/** Resolves to null when there is another place to read from first. */
async function readPage(loop: Loop): Promise<EventPage | null> {
  const verdict = await judge(loop);
  switch (verdict.kind) {
    case "take":
      loop.hasContact = loop.hasRead = true;
      if (verdict.isDetour) reportDetour({ after: loop.position.cursor, runtime: loop.options.runtime });
      return verdict.page;
    case "move":
      await move(verdict, loop);
      return null;
    case "retry": {
      const message = `Asked for events after ${String(loop.position.cursor)}, upstream did not go on from there: ${verdict.reason}. Nothing was taken.`;
      throw new ContractError(message, { code: "log_restarted", issues: [], retryable: true });
    }
    default:
      return verdict satisfies never;
  }
}

async function judge(loop: Loop): Promise<Verdict> {
  const { source, journal, signal, runtime } = loop.options;
  const { cursor, start } = loop.position;
  const isSalvaged = loop.isSalvaging || loop.broken >= brokenMax;
  let page: EventPage;
  try {
    page = await (isSalvaged
      ? readWhole(source, { after: cursor, start, signal })
      : loop.ahead.read(cursor, start, signal));
    loop.hasContact = true;
  } catch (error) {
    if (isIgnored(error)) return onDoubt(null, doubtOf(loop));
    if (isRefusal(error) && (cursor !== null || start.from === "event")) return onRefusal(error, doubtOf(loop));
    throw error;
  }
  const [first] = page.events;
  const nowMs = page.answeredAtMs ?? runtime.now();
  const isOdd = cursor !== null && first !== undefined && (await isOld(first, journal));
  const isRelied = loop.options.reading?.isWanted === true;
  if (!isOdd && (cursor === null || !loop.watch.isDoubtful(page, { nowMs, isRelied })))
    return { kind: "take", page, isDetour: false };
  const verdict = await onDoubt(page, doubtOf(loop));
  if (verdict.kind === "take") loop.watch.noteSure(verdict.page, nowMs);
  return verdict;
}

function doubtOf({ options, position, hasRead }: Loop): Doubt {
  const { source, journal, runtime, signal, retentionMs = retentionMsDefault } = options;
  return { source, journal, runtime, signal, position, retentionMs, hasContact: hasRead };
}

async function move({ cursor, start, gap }: Verdict & { kind: "move" }, loop: Loop): Promise<void> {
  const { options, position } = loop;
  const { journal, runtime, onFact } = options;
  const { cursor: fromCursor } = position;
  if (loop.moves > 0) await rest(moveRestMs, options);
  loop.moves += 1;
  const request = { expectedCursor: fromCursor, cursor, start, gap, atMs: runtime.now() };
  loop.position = await stored(() => journal.move(request), options);
  const told = { from_cursor: fromCursor, cursor, start: start.from === "time" ? start.time : start.from };
  if (gap === null) {
    runtime.log.warn(told, "upstream no longer knows the cursor; nothing is missing, and reading goes on");
    return;
  }
  runtime.log.error({ ...told, reason: gap }, "upstream may have lost events that were never read: a gap is on record");
  onFact?.({ kind: "gap", reason: gap, fromCursor });
}

function isFatal(error: unknown, { options, failures, hasContact, isRead }: Loop): boolean {
  if (!isDirsyncError(error)) return true;
  if (error.retryable) return options.once && failures > onceFailuresMax;
  // A key that has been rotated, a certificate that has run out or a proxy in the way is mended while we wait; before
  // first contact it is a mistake.
  return options.once || !(hasContact ? isMendable(error) : isRead && isInTheWay(error));
}

async function append(page: EventPage, loop: Loop): Promise<void> {
  const { options, position, watch } = loop;
  const { events, refused, isParsed = false } = page;
  const nowMs = page.answeredAtMs ?? options.runtime.now();
  const late = watch.note(page, { nowMs, isByTime: position.cursor === null });
  loop.moves = loop.broken = 0;
  if (events.length > 0) loop.pause.noteEvents();
  loop.isSalvaging = refused !== undefined && refused.length > 0;
  if (events.length === 0 && !loop.isSalvaging) return;
  await loop.ahead.begin(page, position.start, options.signal);
  const parts = { events, late, isParsed, ...(refused === undefined ? {} : { refused }) };
  await write({ ...parts, expectedCursor: position.cursor, receivedAtMs: options.runtime.now() }, loop);
  const { headSeq } = loop.position;
  options.onFact?.({ kind: "read", count: headSeq - position.headSeq, headSeq, hasMore: page.hasMore });
}

async function write(request: Append, loop: Loop): Promise<void> {
  const { options, position } = loop;
  const { runtime, onAppended, onFact, knownEvents } = options;
  const appended = await stored(() => options.journal.append({ ...request, knownEvents }), options);
  const { cursor, headSeq, count } = appended;
  loop.position = { ...position, cursor, headSeq };
  loop.options.reading?.noteHead(headSeq);
  reportAppended(appended, { after: position.cursor, runtime, onFact });
  onAppended(count);
}

async function noteCaughtUp({ answeredAtMs }: EventPage, loop: Loop): Promise<void> {
  const { journal, runtime, once } = loop.options;
  const nowMs = runtime.now();
  // Also where the clock was set back meanwhile.
  if (!once && Math.abs(nowMs - loop.notedAtMs) < caughtUpNoteMs) return;
  loop.notedAtMs = nowMs;
  const answeredMs = answeredAtMs ?? nowMs;
  await stored(() => journal.markCaughtUp(nowMs, loop.watch.verifiedThroughMs), loop.options);
  const { cursor, start } = loop.position;
  if (cursor !== null || start.from !== "time" || answeredMs - Date.parse(start.time) < startAgeMsMax) return;
  const later = { from: "time", time: new Date(answeredMs - startOverlapMs).toISOString() } as const;
  const request = { expectedCursor: cursor, cursor, start: later, gap: null, atMs: nowMs };
  loop.position = await stored(() => journal.move(request), loop.options);
}

/** Takes what came to a place before the cursor after that was read. */
async function lookBack(loop: Loop): Promise<null> {
  const { source, journal, runtime, signal } = loop.options;
  const { cursor } = loop.position;
  if (cursor === null || !loop.watch.isSweepDue(runtime.now())) return null;
  const { events, places } = await sweep(journal, probeOf(source, signal));
  if (events.length === 0) return null;
  await write({ events, places, expectedCursor: cursor, cursor, receivedAtMs: runtime.now() }, loop);
  return null;
}

/** A full disk or a busy file holds reading up until it passes; the page is not read again and nothing is lost. */
function stored<T>(transaction: () => Promise<T>, { runtime, signal, onFact }: IngestOptions): Promise<T> {
  return untilStored(transaction, { runtime, who: "stream", signal, onFact });
}

async function rest(ms: number, { runtime, signal }: IngestOptions): Promise<void> {
  try {
    await runtime.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
