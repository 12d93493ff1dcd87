import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemRuntime, type Runtime } from "../runtime.ts";
import type { ApiRequest } from "./message.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limit.ts";
import { failure } from "./test-calls.ts";
import type { HttpResponse } from "./transport.ts";

/** A clock that only sleeping moves, and the sleeps of everybody together. */
function virtualRuntime(): { runtime: Runtime; clock: { ms: number } } {
  const clock = { ms: 1_768_478_400_000 };
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    clock.ms += ms;
  };
  return { runtime: { ...systemRuntime, now: () => clock.ms, sleep }, clock };
}

function usersOf(key: string): ApiRequest {
  return { method: "GET", path: "/directory_users", rate: { limit: "directory_users", key } };
}

const other: ApiRequest = { method: "GET", path: "/directories" };
const real = "https://api.workos.com";

function answer(status: number, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers, body: new Uint8Array() };
}

async function admitted(limiter: RateLimiter, request: ApiRequest, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1) await limiter.admit(request, []);
}

async function waitedMs(options: { baseUrl?: string; rateLimit?: boolean; heard?: HttpResponse }): Promise<number> {
  const { runtime, clock } = virtualRuntime();
  const startMs = clock.ms;
  const { baseUrl = real, rateLimit } = options;
  const limiter = createRateLimiter({ rateLimit, baseUrl, runtime });
  if (options.heard !== undefined) limiter.notice(options.heard);
  await admitted(limiter, usersOf("directory_1"), 12);
  return clock.ms - startMs;
}

describe("reads of a directory's users", () => {
  test("go out four a second: 100 pages take 24 seconds, and the first four none", async () => {
    const { runtime, clock } = virtualRuntime();
    const startMs = clock.ms;
    const limiter = createRateLimiter({ rateLimit: true, baseUrl: real, runtime });
    await admitted(limiter, usersOf("directory_1"), 4);
    expect(clock.ms - startMs).toBe(0);
    await admitted(limiter, usersOf("directory_1"), 96);
    expect(clock.ms - startMs).toBe(24_000);
  });

  test("never more than four in any second, whenever they are asked for", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(700), { minLength: 5, maxLength: 40 }), async (gapsMs) => {
        const { runtime, clock } = virtualRuntime();
        const limiter = createRateLimiter({ rateLimit: true, baseUrl: real, runtime });
        const startedMs: number[] = [];
        for (const gapMs of gapsMs) {
          clock.ms += gapMs;
          await limiter.admit(usersOf("directory_1"), []);
          startedMs.push(clock.ms);
        }
        for (const [index, ms] of startedMs.entries()) {
          expect((startedMs[index + 4] ?? Number.POSITIVE_INFINITY) - ms).toBeGreaterThanOrEqual(1_000);
        }
      }),
    );
  });

  test("of another directory do not wait for them", async () => {
    const { runtime, clock } = virtualRuntime();
    const limiter = createRateLimiter({ rateLimit: true, baseUrl: real, runtime });
    const startMs = clock.ms;
    for (let index = 0; index < 50; index += 1) await admitted(limiter, usersOf(`directory_${index}`), 4);
    expect(clock.ms - startMs).toBe(0);
  });

  test("asked for at once wait for one another in turn", async () => {
    const waits: number[] = [];
    const runtime: Runtime = {
      ...systemRuntime,
      now: () => 1_768_478_400_000,
      sleep: async (ms) => {
        waits.push(ms);
      },
    };
    const limiter = createRateLimiter({ rateLimit: true, baseUrl: real, runtime });
    await Promise.all(Array.from({ length: 10 }, async () => limiter.admit(usersOf("directory_1"), [])));
    expect(waits).toEqual([1_000, 1_000, 1_000, 1_000, 2_000, 2_000]);
  });
});

describe("other limits", () => {
  test("6,000 requests a minute for everything", async () => {
    const { runtime, clock } = virtualRuntime();
    const limiter = createRateLimiter({ rateLimit: true, baseUrl: real, runtime });
    const startMs = clock.ms;
    await admitted(limiter, other, 6_000);
    expect(clock.ms - startMs).toBe(0);
    await admitted(limiter, other, 1);
    expect(clock.ms - startMs).toBe(60_000);
  });

  test("50 deleted organizations a minute", async () => {
    const { runtime, clock } = virtualRuntime();
    const limiter = createRateLimiter({ rateLimit: true, baseUrl: real, runtime });
    const startMs = clock.ms;
    const rate = { limit: "organization_delete", key: "" } as const;
    await admitted(limiter, { method: "DELETE", path: "/organizations/x", rate }, 51);
    expect(clock.ms - startMs).toBe(60_000);
  });
});

describe("the pace is kept", () => {
  test.each([
    ["at the real service", {}, 2_000],
    ["elsewhere not", { baseUrl: "https://sync.example.com" }, 0],
    ["elsewhere after a 429", { baseUrl: "https://sync.example.com", heard: answer(429) }, 2_000],
    [
      "elsewhere after an answer with a rate limit header",
      { baseUrl: "https://sync.example.com", heard: answer(200, { "x-ratelimit-remaining": "3" }) },
      2_000,
    ],
    [
      "elsewhere after an answer with the standard's header",
      { baseUrl: "https://sync.example.com", heard: answer(200, { "ratelimit-policy": "4;w=1" }) },
      2_000,
    ],
    [
      "elsewhere not for any other answer",
      { baseUrl: "https://sync.example.com", heard: answer(503, { "retry-after": "1" }) },
      0,
    ],
    ["on this machine not", { baseUrl: "http://127.0.0.1:4400" }, 0],
    ["on this machine not, even after a 429", { baseUrl: "http://localhost:4400", heard: answer(429) }, 0],
    ["on this machine not, by its other names", { baseUrl: "http://[::1]:4400", heard: answer(429) }, 0],
    ["anywhere on demand", { baseUrl: "http://127.0.0.1:4400", rateLimit: true }, 2_000],
    ["nowhere when it is turned off", { rateLimit: false, heard: answer(429) }, 0],
  ])("%s", async (_name, options, expectedMs) => {
    expect(await waitedMs(options)).toBe(expectedMs);
  });
});

describe("a wait", () => {
  test("ends at once when a signal fires, and nothing is sent", async () => {
    const controller = new AbortController();
    const runtime: Runtime = { ...systemRuntime, now: () => 0 };
    const limiter = createRateLimiter({ rateLimit: true, baseUrl: real, runtime });
    await admitted(limiter, usersOf("directory_1"), 4);
    const waiting = failure(limiter.admit(usersOf("directory_1"), [undefined, controller.signal]));
    controller.abort("enough");
    expect(await waiting).toMatchObject({ name: "ConnectionError", code: "aborted", cause: "enough" });
  });

  test("that is given up gives its place back, so that those given up together delay nobody", async () => {
    const controller = new AbortController();
    const { runtime, clock } = virtualRuntime();
    const startMs = clock.ms;
    // Sleeps until it is told to stop, as a real one does.
    const sleep: Runtime["sleep"] = async (_ms, signal) =>
      new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error)));
    const waiting = { ...runtime, sleep };
    let current: Runtime = waiting;
    const limiter = createRateLimiter({
      rateLimit: true,
      baseUrl: real,
      runtime: { ...runtime, sleep: async (ms, signal) => current.sleep(ms, signal) },
    });
    await admitted(limiter, usersOf("directory_1"), 4);
    const given = Array.from({ length: 100 }, async () =>
      failure(limiter.admit(usersOf("directory_1"), [controller.signal])),
    );
    controller.abort();
    await Promise.all(given);
    current = runtime;
    await admitted(limiter, usersOf("directory_1"), 4);
    expect(clock.ms - startMs).toBe(1_000);
  });

  test("given up anywhere among others lets no second see more than four", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), async (isGivenUp) => {
        const sent: number[] = [];
        const releases: (() => void)[] = [];
        const runtime: Runtime = {
          ...systemRuntime,
          now: () => 0,
          sleep: async (ms, signal) =>
            new Promise((resolve, reject) => {
              releases.push(() => {
                sent.push(ms);
                resolve();
              });
              signal?.addEventListener("abort", () => reject(signal.reason as Error));
            }),
        };
        const limiter = createRateLimiter({ rateLimit: true, baseUrl: real, runtime });
        await admitted(limiter, usersOf("directory_1"), 4);
        const controllers = isGivenUp.map(() => new AbortController());
        const reads = controllers.map(async ({ signal }) => failure(limiter.admit(usersOf("directory_1"), [signal])));
        for (const [index, controller] of controllers.entries()) if (isGivenUp[index] === true) controller.abort();
        const left = releases.filter((_release, index) => isGivenUp[index] !== true);
        const more = isGivenUp.map(async () => limiter.admit(usersOf("directory_1"), []));
        for (const release of [...left, ...releases.slice(isGivenUp.length)]) release();
        await Promise.all([...reads, ...more]);
        const startedMs = [0, 0, 0, 0, ...sent].sort((a, b) => a - b);
        for (const [index, ms] of startedMs.entries()) {
          expect((startedMs[index + 4] ?? Number.POSITIVE_INFINITY) - ms).toBeGreaterThanOrEqual(1_000);
        }
      }),
    );
  });

  test("is not made an hour long by a clock that is set back by an hour", async () => {
    const { runtime, clock } = virtualRuntime();
    const limiter = createRateLimiter({ rateLimit: true, baseUrl: real, runtime });
    await admitted(limiter, usersOf("directory_1"), 4);
    clock.ms -= 3_600_000;
    const startMs = clock.ms;
    await admitted(limiter, usersOf("directory_1"), 1);
    expect(clock.ms - startMs).toBeLessThanOrEqual(1_000);
  });
});
