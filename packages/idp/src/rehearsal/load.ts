/** Load: many people are assigned, at a chosen pace, as when a company is connected. */
import { isDirsyncError, systemRuntime } from "@dirsync/sdk";
import type { Runtime } from "@dirsync/sdk";
import type { ConnectionOptions } from "../client.ts";
import type { Person } from "../people.ts";
import { createProvider } from "../providers/index.ts";
import type { ProviderName } from "../providers/index.ts";
import { sendOverHttp } from "../transport.ts";
import type { ScimTransport } from "../transport.ts";
import { drawCast } from "./cast.ts";
import type { Check } from "./check.ts";
import { Witness } from "./witness.ts";

/** How much, and how fast. */
export interface LoadOptions extends ConnectionOptions {
  readonly provider: ProviderName;
  /** People to assign. */
  readonly users: number;
  /** People a second. Default: as fast as the server answers. */
  readonly ratePerSecond?: number;
  /** People being assigned at the same time. Default 4. */
  readonly concurrencyMax?: number;
  /** Draws the people. Default 0. */
  readonly seed?: number;
  /** True leaves the accounts on the server. Default: they are deleted at the end. */
  readonly isKept?: boolean;
  /** Hears how many people have been dealt with. */
  readonly onProgress?: (users: number) => void;
}

/** What came of it. */
export interface LoadReport {
  readonly provider: string;
  readonly users: number;
  /** People the server refused, or did not answer for. */
  readonly failed: number;
  /** Requests of the provider; one person takes one or several. */
  readonly requests: number;
  readonly durationMs: number;
  /** How long the requests took, from the first byte sent to the last received. In milliseconds. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number; readonly max: number };
  readonly checks: readonly Check[];
  /** Accounts that could not be deleted at the end. */
  readonly leftovers: number;
}

// As many are looked for afterwards: looking for all would be another load.
const sampledMax = 50;
// The reasons shown when people are refused; a server that is down has one for each of them.
const reasonsShownMax = 3;

/**
 * Assigns people and measures how long the server takes.
 * @throws ConfigError for an unusable address or token; ApiError and ConnectionError when the server cannot be looked at.
 */
export async function load(options: LoadOptions): Promise<LoadReport> {
  const runtime = options.runtime ?? systemRuntime;
  const { people } = drawCast("load", { seed: options.seed ?? 0, count: options.users });
  const meter = new Meter(options.transport ?? sendOverHttp, runtime);
  const provider = createProvider(options.provider, { ...options, transport: meter.transport });
  const witness = new Witness(options);
  const reasons: string[] = [];
  const startedMs = runtime.now();
  let handled = 0;
  const assign = async (person: Person, index: number): Promise<void> => {
    await inPace(runtime, { startedMs, index, options });
    try {
      await provider.assign(person);
    } catch (error) {
      if (!isDirsyncError(error) || options.signal?.aborted === true) throw error;
      reasons.push(error.message);
    }
    handled += 1;
    options.onProgress?.(handled);
  };
  await eachOf(people, options.concurrencyMax ?? 4, assign);
  const durationMs = runtime.now() - startedMs;
  const checks = [acceptance(options.users, reasons), await presence(people, witness)];
  const leftovers = options.isKept === true ? 0 : await cleanUp(witness, meter.created, options);
  const { requests, latencyMs } = meter;
  const { length: failed } = reasons;
  return { provider: provider.name, users: options.users, failed, requests, durationMs, latencyMs, checks, leftovers };
}

/** Measures requests and keeps the ids of what was created. */
class Meter {
  readonly created: string[] = [];
  readonly #durationsMs: number[] = [];
  readonly transport: ScimTransport;

  constructor(transport: ScimTransport, runtime: Runtime) {
    this.transport = async (request, signal) => {
      const startedMs = runtime.now();
      const response = await transport(request, signal).finally(() => {
        this.#durationsMs.push(runtime.now() - startedMs);
      });
      const id = request.method === "POST" ? /"id"\s*:\s*"([^"\\]+)"/u.exec(response.text)?.[1] : undefined;
      if (id !== undefined && response.status < 300) this.created.push(id);
      return response;
    };
  }

  get requests(): number {
    return this.#durationsMs.length;
  }

  get latencyMs(): LoadReport["latencyMs"] {
    const sorted = [...this.#durationsMs].sort((one, other) => one - other);
    // The nearest rank: a time that was really measured.
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) ?? 0 };
  }
}

async function inPace(
  runtime: Runtime,
  { startedMs, index, options }: { startedMs: number; index: number; options: LoadOptions },
): Promise<void> {
  options.signal?.throwIfAborted();
  if (options.ratePerSecond === undefined) return;
  const waitMs = startedMs + (index * 1000) / options.ratePerSecond - runtime.now();
  if (waitMs > 0) await runtime.sleep(waitMs, options.signal);
}

/** Works on `concurrencyMax` at a time, in order. Ends with the first failure, after those under way have ended. */
async function eachOf<T>(
  items: readonly T[],
  concurrencyMax: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = next;
      next += 1;
      const item = items[index];
      if (item === undefined || hasFailed) return;
      try {
        await work(item, index);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.max(1, concurrencyMax) }, worker);
  for (const outcome of await Promise.allSettled(workers)) {
    if (outcome.status === "rejected") throw outcome.reason;
  }
}

function acceptance(users: number, reasons: readonly string[]): Check {
  const expected = `${String(users)} people are assigned`;
  const shown = [...new Set(reasons)].slice(0, reasonsShownMax).join(" | ");
  const got = reasons.length === 0 ? expected : `${String(users - reasons.length)} people are assigned; ${shown}`;
  return { name: "requests-are-accepted", step: "a company is imported", ...judged(expected, got) };
}

async function presence(people: readonly Person[], witness: Witness): Promise<Check> {
  const step = Math.max(1, Math.ceil(people.length / sampledMax));
  const sample = people.filter((_, index) => index % step === 0);
  let found = 0;
  for (const { userName } of sample) {
    if ((await witness.accounts(userName)).length === 1) found += 1;
  }
  const tell = (count: number): string =>
    `${String(count)} of ${String(sample.length)} sampled people have one account`;
  return { name: "everybody-is-there", step: "at the end", ...judged(tell(sample.length), tell(found)) };
}

function judged(expected: string, got: string): Pick<Check, "expected" | "got" | "outcome" | "sent"> {
  return { expected, got, outcome: expected === got ? "passed" : "failed", sent: [] };
}

async function cleanUp(witness: Witness, ids: readonly string[], options: LoadOptions): Promise<number> {
  let left = 0;
  await eachOf(ids, options.concurrencyMax ?? 4, async (id) => {
    await witness.delete("Users", id).catch((error: unknown) => {
      if (!isDirsyncError(error)) throw error;
      left += 1;
    });
  });
  return left;
}
