/**
 * A `dirsync tail` behind a proxy that does, one after the other, everything that networks, proxies and services are known
 * to do to an answer. Meanwhile nothing wrong comes out and the service is not asked all the time; afterwards everything
 * has come out once and in order.
 */
import { describe, expect } from "vitest";
import type { CliProcess } from "../support/cli-process.ts";
import { rewritten } from "../support/fault-proxy.ts";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";
import { isWhole, readScale } from "./scale.ts";
import { printTable } from "./table.ts";
import { type WireFault, wireFaults } from "./wire-faults.ts";

/** Several in a row, so that what is remembered between two of them is tried as well; more tails at once go faster. */
const faultsPerTail = 8;

/** A look at the log, three repetitions of it, and a look at what else the service lists, for each of a few rounds. */
const requestsMax = 40;

const patienceMs = 90_000;

/** Those that take long are only begun with where the suite is not run whole. */
const samplesMax: Readonly<Record<string, number>> = isWhole(readScale()) ? {} : { lasting: 4, refusals: 1 };

const rows = Object.entries(wireFaults).flatMap(([kind, all]) => {
  const faults = all.slice(0, samplesMax[kind]);
  return Array.from({ length: Math.ceil(faults.length / faultsPerTail) }, (_, index) => {
    const some = faults.slice(index * faultsPerTail, (index + 1) * faultsPerTail);
    return [`${kind}, from ${some[0]?.[0] ?? ""}`, some] as const;
  });
});

describe.concurrent("a tail delivers each event once and in order, whatever happens to the answers", () => {
  test.for(rows)("%s", { timeout: 300_000 }, async ([name, faults], { rig }) => {
    const station = new Station(rig);
    await station.caughtUp();
    const requests: Record<string, number> = {};
    for (const fault of faults) requests[fault[0]] = await station.suffer(fault);
    await station.end();
    expect(rig.delivered()).toEqual(await rig.logged());
    printTable(`on the wire: ${name} (requests until the next event had come)`, requests);
    for (const [fault, count] of Object.entries(requests)) {
      expect(`${fault}: ${count > requestsMax ? count : "few"} requests`).toBe(`${fault}: few requests`);
    }
  });
});

test.concurrent("(control) an event that is kept from the tail is missed", async ({ rig }) => {
  const station = new Station(rig);
  await station.caughtUp();
  let shown = 0;
  const end = { before: null, after: null };
  rig.proxy.fault = rewritten(({ data }) => ({
    object: "list",
    data: data.slice(data.length - shown),
    list_metadata: end,
  }));
  await rig.company.hire(2);
  shown = 1;
  const last = (await rig.logged()).at(-1) ?? "";
  await until(() => rig.delivered().includes(last), { what: "the last event", patienceMs });
  expect(rig.delivered()).not.toEqual(await rig.logged());
});

/** A tail that is started again when it ends by itself: some answers are a reason to. */
class Station {
  readonly #rig: Rig;
  #tail: CliProcess;

  constructor(rig: Rig) {
    this.#rig = rig;
    this.#tail = this.#start();
  }

  /** Resolves once all events of the log have come out, to be held against the log at the end. */
  async caughtUp(): Promise<void> {
    const count = (await this.#rig.logged()).length;
    const isThere = (): boolean => this.#rig.delivered().length >= count;
    await until(isThere, { what: `${count} events`, patienceMs, check: () => this.#keepRunning() });
  }

  /** Lets the next answer go wrong, with an event in it. Resolves to the number of requests until that had come. */
  async suffer([name, fault]: WireFault): Promise<number> {
    const { proxy, company } = this.#rig;
    const before = proxy.arrivals.length;
    await company.hire(1);
    let hit = Number.POSITIVE_INFINITY;
    proxy.next(1, async (call) => {
      hit = proxy.arrivals.length;
      await fault(call);
    });
    // The event may have come before it, and the tail may be about to end.
    const asksAgain = (): boolean => proxy.arrivals.length > hit;
    await until(asksAgain, { what: `a request after: ${name}`, patienceMs, check: () => this.#keepRunning() });
    await this.caughtUp();
    return proxy.arrivals.length - before;
  }

  async end(): Promise<void> {
    this.#tail.signal("SIGTERM");
    expect((await this.#tail.exit).code).toBe(0);
  }

  #start(): CliProcess {
    return this.#rig.start(["tail", "--stdout"]);
  }

  #keepRunning(): void {
    if (this.#tail.hasEnded) this.#tail = this.#start();
  }
}
