/** Makes the scans that are asked for, beside the loops that read and deliver: by people, by gaps, and by the clock. */
import { isDirsyncError, type Runtime } from "@dirsync/sdk";
import type { ScanCause, ScanStatus } from "./model.ts";
import { scan, type ScanParts } from "./scan.ts";
import type { OpenScan, PastScan } from "./store.ts";

/** When scans are made that nobody asked for, and when all of it ends. */
export interface ScannerOptions extends Omit<ScanParts, "failuresMax"> {
  /** True to close gaps by a scan. */
  readonly onGap: boolean;
  /** Milliseconds between scans by the clock; null for none. */
  readonly everyMs: number | null;
  /** True when the process is to end once all is done: then an upstream that stays away ends it. */
  readonly once: boolean;
}

/** Looking for what was asked for costs one short query. */
const lookMs = 1_000;

/** A scan that failed is made again for the same gap after so long. */
const againMs = 60 * 60_000;

/** In one-shot mode, how often a request may fail in a row, each after the client's own retries. */
const onceFailuresMax = 5;

/** Scans by the clock are this much earlier or later, so that not everybody's come at once. */
const jitterShare = 0.1;

/** The loop that makes scans. */
export class Scanner {
  readonly #options: ScannerOptions;
  readonly #jitter: number;
  #isBusy = false;

  constructor(options: ScannerOptions) {
    this.#options = options;
    this.#jitter = 1 - jitterShare + 2 * jitterShare * options.runtime.random();
  }

  /** Runs until aborted. @throws what ends a scan in one-shot mode, and what is no error of ours. */
  async run(): Promise<void> {
    const { runtime, signal } = this.#options;
    try {
      while (!signal.aborted) {
        const wanted = await this.#wanted();
        if (wanted !== null) await this.#make(await this.#opened(wanted));
        await rest(runtime, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** True while there is a scan that can be gone on with, or one to be made. */
  async isNeeded(): Promise<boolean> {
    return this.#isBusy || (await this.#wanted()) !== null;
  }

  /** The scan that can be gone on with, or why one is to be made. */
  async #wanted(): Promise<OpenScan | ScanCause | null> {
    const { journal, runtime } = this.#options;
    const { scans } = journal;
    const open = await scans.open();
    if (open !== null) return open.state !== "braked" || (await scans.isApproved(open)) ? open : null;
    const newest = await scans.scanStatus();
    // A plan, and a scan of a part, mend nothing of the rest: however often they are made, those of everything are due.
    const cause = this.#causeOf(await scans.newestWhole(), await scans.gapOpenedAtMs());
    if (cause !== null || hasJustFailed(newest, runtime.now())) return cause;
    return (await scans.isInDoubt()) ? "late" : null;
  }

  async #opened(wanted: OpenScan | ScanCause): Promise<OpenScan | null> {
    if (typeof wanted !== "string") return wanted;
    const { journal, runtime } = this.#options;
    await journal.scans.requestScan({ cause: wanted }, runtime.now());
    return journal.scans.open();
  }

  #causeOf(newest: PastScan | null, gapAtMs: number | null): ScanCause | null {
    const { onGap, everyMs, runtime } = this.#options;
    const nowMs = runtime.now();
    if (onGap && gapAtMs !== null && isWanted(newest, gapAtMs, nowMs)) return "gap";
    const lastMs = newest?.endedAtMs ?? null;
    if (everyMs === null) return null;
    return lastMs === null || isApart(nowMs, lastMs, everyMs * this.#jitter) ? "schedule" : null;
  }

  async #make(open: OpenScan | null): Promise<void> {
    if (open === null) return;
    const { once, runtime, signal, journal } = this.#options;
    const { log } = runtime;
    const named = { scan: open.id, cause: open.cause };
    this.#isBusy = true;
    try {
      log.info(named, open.state === "requested" ? "a scan begins" : "a scan goes on");
      const state = await scan(open, {
        ...this.#options,
        failuresMax: once ? onceFailuresMax : Number.POSITIVE_INFINITY,
      });
      const status = await journal.scans.scanStatus(open.id);
      if (state === "complete") log.info({ ...named, ...told(status) }, "a scan is complete");
      else
        log.error(
          { ...named, brakes: status?.brakes },
          "a scan would delete so much that it waits for a decision; see: dirsync approve",
        );
    } catch (error) {
      if (signal.aborted) return;
      if (isDirsyncError(error) && error.code === "fenced") {
        log.warn({ ...named, reason: error.message }, "a scan was ended from outside");
        return;
      }
      const isAsked = open.cause === "backfill" || open.cause === "reconcile";
      // What passes is there again when the scan is gone on with.
      if (once && isAsked && isDirsyncError(error) && error.retryable) throw error;
      const problem = error instanceof Error ? error.message : String(error);
      await journal.scans.fail(open, problem, runtime.now());
      log.error({ ...named, reason: problem }, "a scan failed");
      if ((once && isAsked) || !isDirsyncError(error)) throw error;
    } finally {
      this.#isBusy = false;
    }
  }
}

/** A gap is scanned for once; again when that failed some time ago, and not when a person gave it up. */
function isWanted(newest: PastScan | null, gapAtMs: number, nowMs: number): boolean {
  if (newest === null || newest.requestedAtMs < gapAtMs) return true;
  // By a clock that has been set back since, so that it does not tell which of the two came first.
  if (newest.requestedAtMs > nowMs && newest.state === "discarded") return true;
  if (newest.state === "discarded") return false;
  return !hasJustFailed(newest, nowMs);
}

function hasJustFailed(newest: PastScan | null, nowMs: number): boolean {
  return newest?.state === "failed" && !isApart(nowMs, newest.endedAtMs ?? 0, againMs);
}

/** Also true for what is to come by as much: the clock was ahead then, and nothing must wait until time has caught up. */
function isApart(nowMs: number, pastMs: number, ms: number): boolean {
  return Math.abs(nowMs - pastMs) >= ms;
}

function told(status: ScanStatus | null): object {
  if (status === null) return {};
  const { tallies, overtaken, requests } = status;
  return { requests, overtaken, ...Object.fromEntries(Object.entries(tallies).map(([kind, tally]) => [kind, tally])) };
}

async function rest({ sleep }: Runtime, signal: AbortSignal): Promise<void> {
  await sleep(lookMs, signal).catch(() => undefined);
}
