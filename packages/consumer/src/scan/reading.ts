import type { Runtime } from "@dirsync/sdk";

/** The head of the journal at a time. */
interface Sounding {
  readonly atMs: number;
  readonly headSeq: number;
}

/** More within one skew are thinned out. What is thinned out only makes a scan more careful. */
const soundingsMax = 1_000;

/** A scan does not have the end of the log looked at more often than this. */
const lookMs = 1_000;

/**
 * When which part of the log was read: what a scan needs to know to tell whether what a list shows is older or newer than
 * what the log has said. All times are of a clock that is never set.
 */
export class Reading {
  /** How long a change may be visible in the log and not in the lists, or the other way round, in milliseconds. */
  readonly skewMs: number;
  readonly startedAtMs: number;
  readonly #runtime: Runtime;
  #soundings: Sounding[] = [];
  #headSeq = 0;
  #madeSeq = 0;
  #endAskedAtMs = Number.NEGATIVE_INFINITY;
  #wantedAtMs: number | null = null;
  #wake: (() => void)[] = [];

  constructor(runtime: Runtime, skewMs: number) {
    this.#runtime = runtime;
    this.skewMs = skewMs;
    this.startedAtMs = this.now();
  }

  /** Milliseconds of a clock that is never set, where the runtime has one. */
  now(): number {
    const { monotonicNow, now } = this.#runtime;
    return monotonicNow === undefined ? now() : monotonicNow();
  }

  /** The last position in the journal, as far as this process knows. */
  get headSeq(): number {
    return this.#headSeq;
  }

  /** When the end of the log was asked for that it has been read to. */
  get endAskedAtMs(): number {
    return this.#endAskedAtMs;
  }

  /** True while somebody waits for the end of the log. */
  get isWanted(): boolean {
    return this.#wantedAtMs !== null;
  }

  /** Everything up to here is in the journal, and the last of it was made here from what lists have shown. */
  noteMade(headSeq: number): void {
    this.#madeSeq = Math.max(this.#madeSeq, headSeq);
    this.noteHead(headSeq);
  }

  /** Everything up to here is in the journal. */
  noteHead(headSeq: number): void {
    const nowMs = this.now();
    // Two transactions may be told of in either order.
    this.#headSeq = Math.max(this.#headSeq, headSeq);
    this.#soundings.push({ atMs: nowMs, headSeq: this.#headSeq });
    this.#forget(nowMs - this.skewMs);
  }

  /** The log was asked at this time, and had no more than what is in the journal now. */
  noteEnd(askedAtMs: number): void {
    this.#endAskedAtMs = Math.max(this.#endAskedAtMs, askedAtMs);
    if (this.#wantedAtMs !== null && this.#endAskedAtMs >= this.#wantedAtMs) this.#wantedAtMs = null;
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  /**
   * A position that was in the journal one skew ago. What stands at it or before was visible in the log by then, and so is
   * in every list that is asked for from now on. Null when this process has not read for so long.
   */
  floorSeq(): number | null {
    const beforeMs = this.now() - this.skewMs;
    let floor: number | null = null;
    for (const { atMs, headSeq } of this.#soundings) {
      if (atMs > beforeMs) break;
      floor = headSeq;
    }
    return floor;
  }

  /**
   * How long it takes until there is a floor, and it has what was made here; 0 or less when it is so. Counted from the first
   * look at the journal, which may come some time after this process began.
   */
  floorInMs(): number {
    const nowMs = this.now();
    const sounding = this.#soundings.find(({ headSeq }) => headSeq >= this.#madeSeq);
    return (sounding?.atMs ?? nowMs) + this.skewMs - nowMs;
  }

  /** Resolves once the log has been read to an end that it was asked for at `dueMs` or later. */
  async endAskedSince(dueMs: number, signal: AbortSignal): Promise<void> {
    while (this.#endAskedAtMs < dueMs) {
      signal.throwIfAborted();
      this.#wantedAtMs = dueMs;
      await new Promise<void>((resolve, reject) => {
        const stop = (): void => reject(signal.reason as Error);
        signal.addEventListener("abort", stop, { once: true });
        this.#wake.push(() => {
          signal.removeEventListener("abort", stop);
          resolve();
        });
      });
    }
  }

  /** How long reading may rest at the end of the log, of `pollMs`, for whoever waits for that end. */
  restMs(pollMs: number): number {
    if (this.#wantedAtMs === null) return pollMs;
    return Math.min(pollMs, Math.max(lookMs, this.#wantedAtMs - this.now()));
  }

  #forget(beforeMs: number): void {
    let first = 0;
    while ((this.#soundings[first + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= beforeMs) first += 1;
    if (first > 0) this.#soundings.splice(0, first);
    if (this.#soundings.length <= soundingsMax) return;
    const last = this.#soundings.length - 1;
    this.#soundings = this.#soundings.filter((_, index) => index % 2 === 0 || index === last);
  }
}
