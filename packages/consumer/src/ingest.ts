/**
 * Upstream log to journal.
 *
 * Reads a page after the cursor, writes the page and the new cursor in one transaction, and goes on at once while the
 * log has more; at its end it waits and asks again. A page has an effect only if all of it arrived and was valid.
 * Until upstream has answered once, an error that only a person can mend (a wrong key, a wrong URL) ends the loop, so
 * that a mistake shows at once; after that the loop outlasts every error but a lost position.
 */
import { ApiError, ContractError, isDirsyncError, type Runtime, StateError } from "@dirsync/sdk";
import type { Journal, StreamPosition } from "./journal/model.ts";
import type { Cursor, EventPage, EventSource, StartPosition } from "./model.ts";
import { withJitter } from "./policy.ts";

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
  readonly signal: AbortSignal;
}

/** Longest wait after an error that passes by itself, and after one that a person must mend. */
const backoffMsMax = 60_000;
const attendedBackoffMsMax = 300_000;
const backoffMsMin = 500;
const attendedBackoffMsMin = 5_000;

/** In one-shot mode, how often a passing error may come up (each after the client's own retries) before we give up. */
const onceFailuresMax = 2;

/** The end of the log is noted at most this often; more would only grow the write-ahead log. */
const caughtUpNoteMs = 5_000;

/** Reads until aborted (resolves), until the end of the log when `once`, or until an error that cannot pass. */
export async function ingest(options: IngestOptions): Promise<void> {
  const { journal, source, start, signal } = options;
  const loop: Loop = {
    options,
    position: await journal.bind(source.identity, start),
    failures: 0,
    notedAtMs: 0,
    hasContact: false,
  };
  while (!signal.aborted) {
    const page = await readPage(loop);
    if (page === null) continue;
    loop.position = { ...loop.position, cursor: await append(page, loop) };
    if (page.hasMore) continue;
    await noteCaughtUp(loop);
    if (options.once) return;
    await rest(options.pollMs, options);
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
    const waitMs = withJitter(backoffMs(error, loop.failures), runtime.random());
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
  if (position.cursor === null || first === undefined || !(await options.journal.has(first.id))) return;
  throw new ContractError(
    `Asked for events after ${position.cursor}, upstream answered with ${first.id}, which we already have: it seems to have started again. Nothing was read.`,
    { code: "log_restarted", issues: [{ path: "data.0.id", message: "already in the journal" }], retryable: false },
  );
}

function isFatal(error: unknown, { options, failures, hasContact }: Loop): boolean {
  if (!isDirsyncError(error)) return true;
  if (error.retryable) return options.once && failures > onceFailuresMax;
  // A key that has been rotated or a proxy in the way is mended while we wait; before first contact it is a mistake.
  return !(error instanceof ApiError && hasContact && !options.once);
}

function backoffMs(error: unknown, failures: number): number {
  const isAttended = isDirsyncError(error) && !error.retryable;
  const [min, max] = isAttended ? [attendedBackoffMsMin, attendedBackoffMsMax] : [backoffMsMin, backoffMsMax];
  const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(askedMs, Math.min(min * 2 ** (failures - 1), max));
}

async function append(page: EventPage, { options, position }: Loop): Promise<Cursor | null> {
  const { journal, runtime, onAppended } = options;
  if (page.events.length === 0) return position.cursor;
  const request = { events: page.events, expectedCursor: position.cursor, receivedAtMs: runtime.now() };
  const { cursor, count } = await untilStored(() => journal.append(request), options);
  runtime.log.debug({ count, cursor }, "read a page");
  onAppended(count);
  return cursor;
}

async function noteCaughtUp(loop: Loop): Promise<void> {
  const { journal, runtime, once } = loop.options;
  const nowMs = runtime.now();
  if (!once && nowMs - loop.notedAtMs < caughtUpNoteMs) return;
  loop.notedAtMs = nowMs;
  await untilStored(() => journal.markCaughtUp(nowMs), loop.options);
}

/** A full disk or a busy file holds reading up until it passes; the page is not read again and nothing is lost. */
async function untilStored<T>(write: () => Promise<T>, { runtime, signal }: IngestOptions): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof StateError) || !error.retryable || signal.aborted) throw error;
      runtime.log.error({ reason: error.message }, "cannot store events; waiting");
      await runtime.sleep(backoffMsMin, signal);
    }
  }
}

async function rest(ms: number, { runtime, signal }: IngestOptions): Promise<void> {
  try {
    await runtime.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
