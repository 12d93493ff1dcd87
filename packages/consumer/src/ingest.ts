/**
 * Upstream log to journal.
 *
 * Reads a page after the cursor, writes the page and the new cursor in one transaction, and goes on at once while the
 * log has more; at its end it waits and asks again. A page has an effect only if all of it arrived and was valid.
 * Until upstream has answered once, an error that only a person can mend (a wrong key, a wrong URL) ends the loop, so
 * that a mistake shows at once; after that the loop outlasts every error but a lost position. It reads no further
 * while the sinks are far behind: the journal is a buffer for a slow sink and not a second copy of the log.
 */
import { ContractError, type DirsyncError, isDirsyncError, type Runtime } from "@dirsync/sdk";
import type { Journal, StreamPosition } from "./journal/model.ts";
import type { EventPage, EventSource, StartPosition } from "./model.ts";
import { withJitter } from "./policy.ts";
import { untilStored } from "./storage-hold.ts";

/** What ingest reads, where it writes to, and when it ends. */
export interface IngestOptions {
  readonly source: EventSource;
  readonly journal: Journal;
  readonly start: StartPosition;
  readonly runtime: Runtime;
  /** Milliseconds between looks at the end of the log. */
  readonly pollMs: number;
  /** True to stop at the end of the log. */
  readonly once: boolean;
  /** Called after every append with how many events were new. */
  readonly onAppended: (count: number) => void;
  /** Low-water mark of the sink that is furthest behind; null when no sink has one. */
  readonly lowestSeq: () => number | null;
  /** Events the furthest sink may be behind before reading stops. Default 100,000. */
  readonly backlogMax?: number;
  readonly signal: AbortSignal;
}

/** Wait after an error that passes by itself. */
const backoffMsMin = 500;
const backoffMsMax = 60_000;

/** Wait after an error that a person must mend: asking often helps nobody and may lock the key out. */
const attendedBackoffMsMin = 5_000;
const attendedBackoffMsMax = 300_000;

/** A service that asks us to stay away for longer than this is asked again anyway. */
const retryAfterMsMax = 15 * 60_000;

/**
 * A sink that is this far behind has been down for hours. A hundred thousand events are some hundred megabytes of
 * file, and reading stays far ahead of what a company produces in the days that upstream keeps its log.
 */
const backlogMaxDefault = 100_000;

/** Reading goes on a little below the limit, or it would stop and start with every page. */
const resumeShare = 0.9;

/** In one-shot mode, how often a passing error may come up (each after the client's own retries) before we give up. */
const onceFailuresMax = 2;

/** The end of the log is noted at most this often; more would only grow the write-ahead log. */
const caughtUpNoteMs = 5_000;

/** Reads until aborted (resolves), until the end of the log when `once`, or until an error that cannot pass. */
export async function ingest(options: IngestOptions): Promise<void> {
  const { journal, source, start, signal, pollMs } = options;
  const position = await stored(() => journal.bind(source.identity, start), options);
  const loop: Loop = { options, position, failures: 0, notedAtMs: 0, hasContact: false, isHeldBack: false };
  while (!signal.aborted) {
    if (isTooFarAhead(loop)) {
      await rest(pollMs, options);
      continue;
    }
    const page = await readPage(loop);
    if (page === null) continue;
    await append(page, loop);
    if (page.hasMore && page.events.length > 0) continue;
    if (!page.hasMore) {
      await noteCaughtUp(loop);
      if (options.once) return;
    }
    await rest(pollMs, options);
  }
}

interface Loop {
  readonly options: IngestOptions;
  position: StreamPosition;
  /** Errors in a row. */
  failures: number;
  notedAtMs: number;
  /** True once upstream has answered properly. */
  hasContact: boolean;
  /** True while the sinks are too far behind to read on. */
  isHeldBack: boolean;
}

function isTooFarAhead(loop: Loop): boolean {
  const { runtime, lowestSeq, backlogMax = backlogMaxDefault } = loop.options;
  const backlog = loop.position.headSeq - (lowestSeq() ?? loop.position.headSeq);
  const isHeldBack = backlog >= (loop.isHeldBack ? backlogMax * resumeShare : backlogMax);
  if (isHeldBack && !loop.isHeldBack) {
    runtime.log.warn({ backlog, backlog_max: backlogMax }, "a sink is too far behind; reading waits for it");
  }
  if (!isHeldBack && loop.isHeldBack) runtime.log.info({ backlog }, "the sinks have caught up; reading goes on");
  loop.isHeldBack = isHeldBack;
  return isHeldBack;
}

/** Resolves to null when reading failed and is to be tried again, or was aborted. */
async function readPage(loop: Loop): Promise<EventPage | null> {
  const { source, signal, runtime } = loop.options;
  const { cursor, start } = loop.position;
  try {
    const page = await source.read(cursor, start, signal);
    await refuseRestart(page, loop);
    if (loop.failures > 0) runtime.log.info({ failures: loop.failures }, "upstream answers again");
    loop.failures = 0;
    loop.hasContact = true;
    return page;
  } catch (error) {
    if (signal.aborted) return null;
    loop.failures += 1;
    if (isFatal(error, loop)) throw error;
    const waitMs = backoffMs(error, loop.failures, runtime.random());
    const reason = error instanceof Error ? error.message : String(error);
    runtime.log.warn({ reason, retry_in_ms: waitMs, failures: loop.failures }, "cannot read the log; will try again");
    await rest(waitMs, loop.options);
    return null;
  }
}

/**
 * A service that does not know a cursor and says nothing starts again from the beginning: replaying everything would
 * run every old event into the app once more.
 */
async function refuseRestart(page: EventPage, { options, position }: Loop): Promise<void> {
  const [first] = page.events;
  if (position.cursor === null || first === undefined || !(await options.journal.isBehindCursor(first))) return;
  throw new ContractError(
    `Asked for events after ${position.cursor}, upstream answered with ${first.id}, which came long before: it seems to have started again. Nothing was read.`,
    { code: "log_restarted", issues: [{ path: "data.0.id", message: "is behind the cursor" }], retryable: false },
  );
}

function isFatal(error: unknown, { options, failures, hasContact }: Loop): boolean {
  if (!isDirsyncError(error)) return true;
  if (error.retryable) return options.once && failures > onceFailuresMax;
  // A key that has been rotated, a certificate that has run out or a proxy in the way is mended while we wait; before
  // first contact it is a mistake.
  return !(isMendable(error) && hasContact && !options.once);
}

function isMendable(error: DirsyncError): boolean {
  return "status" in error || error.code === "tls" || error.code === "headers_too_large";
}

/** Never sooner than the service asked for, and never all consumers of one outage at once. */
function backoffMs(error: unknown, failures: number, random: number): number {
  const doubled = 2 ** (failures - 1);
  const isAttended = isDirsyncError(error) && !error.retryable;
  const leastMs = Math.max(
    askedMs(error),
    isAttended ? Math.min(attendedBackoffMsMin * doubled, attendedBackoffMsMax) : 0,
  );
  const ownMs = withJitter(Math.min(backoffMsMin * doubled, backoffMsMax), random);
  return Math.max(ownMs, Math.round(leastMs * (1 + random / 5)));
}

/** By property, because the client may come from another copy of the SDK. */
function askedMs(error: unknown): number {
  if (!isDirsyncError(error) || !("retryAfterMs" in error) || typeof error.retryAfterMs !== "number") return 0;
  return Math.min(error.retryAfterMs, retryAfterMsMax);
}

async function append(page: EventPage, loop: Loop): Promise<void> {
  if (page.events.length === 0) return;
  const { options, position } = loop;
  const { journal, runtime, onAppended } = options;
  const request = { events: page.events, expectedCursor: position.cursor, receivedAtMs: runtime.now() };
  const { cursor, headSeq, count } = await stored(() => journal.append(request), options);
  loop.position = { ...position, cursor, headSeq };
  runtime.log.debug({ count, cursor }, "read a page");
  onAppended(count);
}

async function noteCaughtUp(loop: Loop): Promise<void> {
  const { journal, runtime, once } = loop.options;
  const nowMs = runtime.now();
  if (!once && nowMs - loop.notedAtMs < caughtUpNoteMs) return;
  loop.notedAtMs = nowMs;
  await stored(() => journal.markCaughtUp(nowMs), loop.options);
}

/** A full disk or a busy file holds reading up until it passes; the page is not read again and nothing is lost. */
function stored<T>(transaction: () => Promise<T>, { runtime, signal }: IngestOptions): Promise<T> {
  return untilStored(transaction, { runtime, who: "stream", signal });
}

async function rest(ms: number, { runtime, signal }: IngestOptions): Promise<void> {
  try {
    await runtime.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
