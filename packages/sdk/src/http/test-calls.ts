import * as z from "zod";
import { systemRuntime, type Runtime } from "../runtime.ts";
import { apiKeySource } from "./api-key.ts";
import { createApiCalls, type ApiCalls, type CallSettings } from "./call.ts";
import { fetchTransport } from "./fetch-transport.ts";
import { watchWith } from "./hooks.ts";
import type { TransportLimits } from "./limits.ts";
import { createRateLimiter } from "./rate-limit.ts";
import type { Transport } from "./transport.ts";
import { undiciTransport } from "./undici-transport.ts";

/** What tests of calls share. Only tests import this file. */
export const apiKey = "sk_test_secret_0123456789";
export const anything = z.looseObject({});

/** Every transport there is. What the client promises, it promises over each of them. */
export const transports: readonly { name: string; create: (limits?: TransportLimits) => Transport }[] = [
  { name: "undici", create: undiciTransport },
  { name: "fetch", create: fetchTransport },
];

/** Sleeps take no time and are written down. */
export function hastyRuntime(): { runtime: Runtime; sleeps: number[] } {
  const sleeps: number[] = [];
  const sleep = async (ms: number): Promise<void> => {
    sleeps.push(ms);
  };
  return { runtime: { ...systemRuntime, random: () => 0, sleep }, sleeps };
}

export function callsTo(baseUrl: string, changes: Partial<CallSettings> = {}): ApiCalls {
  const { runtime } = hastyRuntime();
  return createApiCalls({
    baseUrl,
    apiKey: apiKeySource(apiKey, runtime),
    userAgent: "dirsync-sdk/test",
    timeoutMs: 10_000,
    retriesMax: 0,
    transport: undiciTransport(),
    rateLimiter: createRateLimiter({ rateLimit: undefined, baseUrl, runtime }),
    watch: watchWith([], runtime),
    runtime,
    signal: undefined,
    ...changes,
  });
}

/** What the promise rejects with; undefined when it does not. */
export async function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}
