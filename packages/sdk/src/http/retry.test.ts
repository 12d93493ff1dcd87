import { describe, expect, test } from "vitest";
import { ApiError, ConnectionError } from "../errors.ts";
import { systemRuntime, type Runtime } from "../runtime.ts";
import { delayMs, withRetries, type RetryOptions } from "./retry.ts";

function refusal(retryAfter: number | null): ApiError {
  return new ApiError("refused", {
    status: 503,
    code: "server_error",
    retryable: true,
    requestId: null,
    retryAfterMs: retryAfter,
    problems: [],
    bodyExcerpt: "",
  });
}

/** A runtime whose sleeps are written down and take no time. */
function recordingRuntime(random = 0): { runtime: Runtime; sleeps: number[] } {
  const sleeps: number[] = [];
  const runtime: Runtime = {
    ...systemRuntime,
    random: () => random,
    sleep: async (ms) => {
      sleeps.push(ms);
    },
  };
  return { runtime, sleeps };
}

function options(runtime: Runtime, changes: Partial<RetryOptions> = {}): RetryOptions {
  return { what: "GET /x", retriesMax: 3, mayRetry: () => true, signals: [], runtime, ...changes };
}

async function failing(error: Error, settings: RetryOptions): Promise<{ attempts: number; thrown: unknown }> {
  let attempts = 0;
  const thrown: unknown = await withRetries(async () => {
    attempts += 1;
    throw error;
  }, settings).catch((caught: unknown) => caught);
  return { attempts, thrown };
}

describe("retries", () => {
  test.each([
    [0, 1],
    [1, 2],
    [3, 4],
  ])("%i retries make %i tries, and the last error is thrown as it is", async (retriesMax, tries) => {
    const { runtime, sleeps } = recordingRuntime();
    const error = refusal(null);
    const result = await failing(error, options(runtime, { retriesMax }));
    expect(result.attempts).toBe(tries);
    expect(result.thrown).toBe(error);
    expect(sleeps).toHaveLength(retriesMax);
  });

  test("what may not be repeated is tried once and nothing is waited", async () => {
    const { runtime, sleeps } = recordingRuntime();
    const result = await failing(refusal(null), options(runtime, { mayRetry: () => false }));
    expect(result.attempts).toBe(1);
    expect(sleeps).toEqual([]);
  });

  test("what the service asks for is waited before each retry", async () => {
    const { runtime, sleeps } = recordingRuntime();
    await failing(refusal(7_000), options(runtime, { retriesMax: 2 }));
    expect(sleeps).toEqual([7_000, 7_000]);
  });

  test("each wait is what the answer before it asks for, with more on top the more often it failed", async () => {
    const { runtime, sleeps } = recordingRuntime(1);
    const answers = [7_000, 3_000, null].map(refusal);
    const next = async (): Promise<string> => {
      const answer = answers.shift();
      if (answer !== undefined) throw answer;
      return "done";
    };
    await expect(withRetries(next, options(runtime))).resolves.toBe("done");
    expect(sleeps).toEqual([7_500, 4_000, 2_000]);
  });

  test("a service that asks for more than a minute is not asked again before, and its error says for how long", async () => {
    const { runtime, sleeps } = recordingRuntime();
    const error = refusal(60_001);
    await expect(failing(error, options(runtime))).resolves.toEqual({ attempts: 1, thrown: error });
    expect(sleeps).toEqual([]);
  });

  test("an abort during the wait ends it at once", async () => {
    const controller = new AbortController();
    const waiting = { ...systemRuntime, log: { ...systemRuntime.log, debug: () => controller.abort("stopping") } };
    const before = performance.now();
    const result = await failing(refusal(60_000), options(waiting, { signals: [undefined, controller.signal] }));
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(result.attempts).toBe(1);
    expect(result.thrown).toBeInstanceOf(ConnectionError);
    expect(result.thrown).toMatchObject({ code: "aborted", retryable: false, cause: "stopping" });
  });
});

describe("the wait before a retry", () => {
  test.each([
    ["grows", 1, 0, 1, 500],
    ["grows", 2, 0, 1, 1_000],
    ["stops growing at eight seconds", 9, 0, 1, 8_000],
    ["is anywhere below its ceiling, down to nothing", 5, 0, 0, 0],
    ["is at least what the service asks", 1, 2_000, 0, 2_000],
    ["is spread above what the service asks", 1, 2_000, 1, 2_500],
  ])("%s (retry %i, asked %i, random %d)", (_name, retry, askedMs, random, expected) => {
    expect(delayMs(retry, askedMs, random)).toBe(expected);
  });
});
