/**
 * Keeps a client below the limits that the service documents (https://workos.com/docs/reference/rate-limits, seen
 * 2026-11), so that a backfill runs at the service's pace instead of against its refusals.
 *
 * A limit is a bucket of tokens. A request takes one, and the token comes back one window after its request began: no
 * window, wherever one lays it, sees more requests than the limit, and a short burst need not wait at all.
 */
import type { Runtime } from "../runtime.ts";
import type { ApiRequest } from "./message.ts";
import { pause } from "./pause.ts";
import type { HttpResponse } from "./transport.ts";

interface Limit {
  readonly requestsMax: number;
  readonly windowMs: number;
}

const limits = {
  everything: { requestsMax: 6_000, windowMs: 60_000 },
  /** Per directory. */
  directory_users: { requestsMax: 4, windowMs: 1_000 },
  organization_delete: { requestsMax: 50, windowMs: 60_000 },
} as const satisfies Record<string, Limit>;

/** Buckets of directories nobody has read for a window are let go when there are more than this. */
const bucketsMax = 256;

/** What keeps the pace of one client. */
export interface RateLimiter {
  /**
   * Resolves when the request may be sent; at once while no limit is known to hold.
   * @throws ConnectionError `aborted` when a signal fires during the wait.
   */
  admit(request: ApiRequest, signals: readonly (AbortSignal | undefined)[]): Promise<void>;
  /** Takes notice of an answer: one that speaks of a rate limit shows that the service has one. */
  notice(response: HttpResponse): void;
}

/** How a limiter decides whether to limit. */
export interface RateLimiterOptions {
  /**
   * True limits always and false never. Undefined limits when the service is the real one or has spoken of a limit, and
   * never on this machine.
   */
  readonly rateLimit: boolean | undefined;
  readonly baseUrl: string;
  readonly runtime: Runtime;
}

/** The limiter of one client. */
export function createRateLimiter({ rateLimit, baseUrl, runtime }: RateLimiterOptions): RateLimiter {
  const { hostname } = new URL(baseUrl);
  const mayLearn = rateLimit === undefined && !isLoopback(hostname);
  let isLimiting = rateLimit ?? hostname === "api.workos.com";
  const buckets = new Map<string, Bucket>();
  return {
    async admit(request, signals) {
      if (!isLimiting) return;
      const nowMs = runtime.now();
      if (buckets.size > bucketsMax) forgetIdle(buckets, nowMs);
      const tokens = rates(request).map(({ key, limit }) => bucketOf(buckets, key, limit).take(nowMs));
      const waitMs = Math.max(...tokens.map(({ startMs }) => startMs)) - nowMs;
      if (waitMs <= 0) return;
      try {
        await pause(waitMs, { what: `${request.method} ${request.path}`, runtime, signals });
      } catch (error) {
        // What is not sent uses nothing up: a hundred reads given up together must not silence a directory for 25 s.
        for (const token of tokens) token.giveBack();
        throw error;
      }
    },
    notice(response) {
      if (mayLearn && speaksOfLimit(response)) isLimiting = true;
    },
  };
}

interface Rate {
  readonly key: string;
  readonly limit: Limit;
}

function rates({ rate }: ApiRequest): readonly Rate[] {
  const everything: Rate = { key: "everything", limit: limits.everything };
  return rate === undefined
    ? [everything]
    : [everything, { key: `${rate.limit} ${rate.key}`, limit: limits[rate.limit] }];
}

function bucketOf(buckets: Map<string, Bucket>, key: string, limit: Limit): Bucket {
  const bucket = buckets.get(key) ?? createBucket(limit);
  buckets.set(key, bucket);
  return bucket;
}

function forgetIdle(buckets: Map<string, Bucket>, nowMs: number): void {
  for (const [key, bucket] of buckets) if (bucket.isIdle(nowMs)) buckets.delete(key);
}

/** The right to send one request. */
interface Token {
  /** When it may be sent. */
  readonly startMs: number;
  /** The request is not sent. */
  readonly giveBack: () => void;
}

/** The tokens of one limit. */
interface Bucket {
  /** Takes the next token. */
  readonly take: (nowMs: number) => Token;
  readonly isIdle: (nowMs: number) => boolean;
}

function createBucket({ requestsMax, windowMs }: Limit): Bucket {
  /** When they were or will be taken. Oldest first: those of the last window, and those of requests that wait. */
  let taken: { atMs: number }[] = [];
  let seenMs = 0;

  /** A clock that was set back by an hour must not hold requests back for an hour. */
  function followClock(nowMs: number): void {
    const backMs = seenMs - nowMs;
    seenMs = nowMs;
    if (backMs > 0) for (const token of taken) token.atMs -= backMs;
  }

  return {
    take(nowMs) {
      followClock(nowMs);
      taken = taken.filter(({ atMs }) => atMs > nowMs - windowMs);
      // With this one back, those after it leave room for one more within any window.
      const last = taken.at(-requestsMax);
      const token = { atMs: last === undefined ? nowMs : Math.max(nowMs, last.atMs + windowMs) };
      // Nearly always at the end. Where tokens were given back, others may wait behind the place that came free.
      let place = taken.length;
      while (place > 0 && (taken[place - 1]?.atMs ?? 0) > token.atMs) place -= 1;
      taken.splice(place, 0, token);
      return {
        startMs: token.atMs,
        giveBack: () => {
          taken = taken.filter((each) => each !== token);
        },
      };
    },
    isIdle: (nowMs) => taken.every(({ atMs }) => atMs + windowMs <= nowMs),
  };
}

/** `RateLimit-*` (draft-ietf-httpapi-ratelimit-headers) and the older `X-RateLimit-*`. */
function speaksOfLimit({ status, headers }: HttpResponse): boolean {
  return status === 429 || Object.keys(headers).some((name) => /^(?:x-)?ratelimit(?:-|$)/.test(name));
}

function isLoopback(hostname: string): boolean {
  return /^(?:(?:.*\.)?localhost|127\..*|\[::1\])$/.test(hostname);
}
