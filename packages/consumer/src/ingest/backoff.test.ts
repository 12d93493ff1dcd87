/** How long a tail leaves a service alone after errors in a row. */
import { ApiError, ConnectionError, ContractError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { backoffMs, isInTheWay, isMendable } from "./backoff.ts";

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

const passing = new ConnectionError("No answer.", { code: "timeout" });
const certificate = new ConnectionError("A bad certificate.", { code: "tls" });

function answer(status: number, { isRetryable = false, retryAfterMs }: Partial<Answer> = {}): ApiError {
  const details = { status, code: "http_error", retryable: isRetryable, retryAfterMs: retryAfterMs ?? null };
  return new ApiError(`HTTP ${status}`, { ...details, requestId: null, problems: [], bodyExcerpt: "" });
}

interface Answer {
  readonly isRetryable: boolean;
  readonly retryAfterMs: number;
}

/** The least and the most that chance makes of it. */
function boundsOf(error: unknown, failures: number): [least: number, most: number] {
  return [backoffMs(error, failures, 0), backoffMs(error, failures, 1)];
}

describe("a tail waits", () => {
  test.each<[name: string, error: unknown, failures: number, leastMs: number, mostMs: number]>([
    ["half a second at most after the first error that passes by itself", passing, 1, 250, 500],
    ["twice as long after each of them", passing, 4, 2 * secondMs, 4 * secondMs],
    ["no longer than a minute", passing, 30, 30 * secondMs, minuteMs],
    ["as for one that passes, after what is no error of ours", new TypeError("no"), 1, 250, 500],
    ["five seconds for a person who is to mend it", answer(401), 1, 5 * secondMs, 6 * secondMs],
    ["five minutes for that person after a while", answer(401), 30, 5 * minuteMs, 6 * minuteMs],
    ["a minute for a certificate, at once", certificate, 1, minuteMs, 72 * secondMs],
    ["five minutes for a certificate after a while", certificate, 30, 5 * minuteMs, 6 * minuteMs],
    [
      "as long as the service asked, and not all tails at once",
      answer(429, { isRetryable: true, retryAfterMs: 30 * secondMs }),
      1,
      30 * secondMs,
      36 * secondMs,
    ],
    [
      "no longer than a quarter of an hour for a service that asked for a day",
      answer(503, { isRetryable: true, retryAfterMs: 24 * 60 * minuteMs }),
      1,
      15 * minuteMs,
      18 * minuteMs,
    ],
  ])("%s", (_name, error, failures, leastMs, mostMs) => {
    expect(boundsOf(error, failures)).toEqual([leastMs, mostMs]);
  });
});

test("only an answer can come from something that stands in the way, and not one that refuses the key or the request", () => {
  const errors = [302, 404, 407, 400, 401, 403, 422].map((status) => answer(status));
  expect(errors.filter(isInTheWay).map(({ status }) => status)).toEqual([302, 404, 407]);
  expect(isInTheWay(certificate)).toBe(false);
});

test("what a person can mend while a tail waits is an answer, a certificate or too large headers, not a broken contract", () => {
  const broken = new ContractError("HTML", { code: "contract_broken", issues: [], retryable: true });
  const headers = new ConnectionError("Too large.", { code: "headers_too_large" });
  expect([answer(401), certificate, headers, broken, passing].map(isMendable)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});
