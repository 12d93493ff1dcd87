/** How many SCIM requests a directory may send. */
export interface ScimRate {
  /** In the long run. 0 does not limit. */
  readonly perSecond: number;
  /** At once, after a quiet time. */
  readonly burst: number;
}

/** Users, groups or members, of which reading and showing as many takes about as long as a request for one. */
export const rowsPerRequest = 100;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Gives each directory a share of its own, so that one whose provider runs wild takes nothing from another. */
export class RateLimiter {
  readonly #rate: ScimRate;
  readonly #nowMs: () => number;
  /** Of directories that have sent something. Their number is that of directories. */
  readonly #buckets = new Map<number, Bucket>();

  constructor(rate: ScimRate, nowMs: () => number) {
    this.#rate = rate;
    this.#nowMs = nowMs;
  }

  /** Counts a request. Resolves to null when it may go on, else to whole seconds after which the next one may. */
  admit(directorySeq: number): number | null {
    const { perSecond, burst } = this.#rate;
    if (perSecond === 0) return null;
    const nowMs = this.#nowMs();
    const bucket = this.#buckets.get(directorySeq) ?? { tokens: burst, atMs: nowMs };
    // A clock that was set back gives nothing, and takes nothing.
    const elapsedSeconds = Math.max(0, nowMs - bucket.atMs) / 1_000;
    bucket.tokens = Math.min(burst, bucket.tokens + elapsedSeconds * perSecond);
    bucket.atMs = nowMs;
    this.#buckets.set(directorySeq, bucket);
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / perSecond);
    bucket.tokens -= 1;
    return null;
  }

  /**
   * Counts a request that was let in as so many more, once it is known what it takes: it goes on, and those after it wait. Not
   * for longer than a full share takes to come, so that a provider that ran wild for a moment is not kept out for minutes.
   */
  charge(directorySeq: number, requests: number): void {
    const bucket = this.#buckets.get(directorySeq);
    if (bucket !== undefined) bucket.tokens = Math.max(bucket.tokens - requests, -this.#rate.burst);
  }
}
