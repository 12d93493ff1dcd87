/**
 * `dirsync tail` is killed with SIGKILL at random points, again and again, while people keep changing in several
 * directories. What its receivers recorded must not show it: nothing lost, nothing out of order, nothing at the same
 * time, and nothing twice but what was in flight at a kill.
 */
import { setTimeout as pause } from "node:timers/promises";
import { defaultPolicy, type Policy, stdoutSink } from "@dirsync/consumer";
import { expect, onTestFinished, test } from "vitest";
import { checkDelivery, type Verdict } from "../support/checker.ts";
import { type LogEvent, readLog } from "../support/event-log.ts";
import { explain } from "../support/explanation.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import type { HistoryRecord } from "../support/history.ts";
import { between, type Random, seededRandom } from "../support/random.ts";
import { ScimWriter } from "../support/scim-writer.ts";
import { Served } from "../support/served.ts";
import { checkIntegrity, readStateFile } from "../support/state-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { until } from "../support/until.ts";
import { patienceMs, readScale } from "./scale.ts";
import { Sidecar, type SinkName } from "./sidecar.ts";
import { frequencies, printTable, spread } from "./table.ts";

const scale = readScale();
const directories = ["north", "east", "south", "west"];

/** Events that wait for the slowest receiver, at most: enough that every kill finds work under way. */
const backlogMax = 60;

/** Longer than it takes to start: some kills come before the first delivery, in the middle of opening the state file. */
const startMs = 500;

/** What is recorded between the first delivery or request and the kill; about half of it by each of two receivers. */
const recordsMax = 30;
/** No longer, however slow the machine is or however little there is to do. */
const workMs = 500;
/** On top, so that a kill does not always follow a record. */
const jitterMs = 15;

interface Case {
  readonly sinks: readonly SinkName[];
  readonly kills: number;
  /** Sidecars of one service at the same time: while one of them starts, another one works. */
  readonly sidecars: number;
}

/** The rest are at the points of `crash-points.test.ts`. */
const killsOf = (share: number): number => Math.ceil(scale.kills * share);

test.each<[string, Case]>([
  ["handlers and a hook", { sinks: ["handlers", "exec"], kills: killsOf(0.52), sidecars: 2 }],
  ["a program that keeps running", { sinks: ["pipe"], kills: killsOf(0.12), sidecars: 1 }],
  ["standard output", { sinks: ["stdout"], kills: killsOf(0.08), sidecars: 1 }],
])("%s see every event, in order, however often tail is killed", { timeout: patienceMs(scale) }, async (name, plan) => {
  const random = seededRandom(scale.seed);
  const served = await Served.start(temporaryFolder(onTestFinished));
  onTestFinished(() => served.kill());
  const stations: Station[] = [];
  for (let number = 0; number < plan.sidecars; number += 1) stations.push(await openStation(served, plan.sinks));

  const startedMs = performance.now();
  const sidecars = stations.map(({ sidecar }) => sidecar);
  const writing = await keepWriting(served, sidecars, random);
  const killsEach = Math.ceil(plan.kills / plan.sidecars);
  await Promise.all(
    stations.map(async (station) => {
      for (let kill = 0; kill < killsEach; kill += 1) await liveAndDie(station, random);
      // At once: the writers wait for the slowest receiver, and the other sidecar waits for something to do.
      station.sidecar.start();
    }),
  );
  const count = await writing.stop();
  await Promise.all(sidecars.map((sidecar) => finish(sidecar, count)));

  const log = await readLog(served);
  expect(log).toHaveLength(count);
  expect(await checkIntegrity(served.dataFile)).toBe("ok");
  const receipts = sidecars.flatMap((sidecar) => plan.sinks.map((sink) => judge(sidecar, sink, log)));
  printTable(`tail killed: ${name} (seed ${scale.seed})`, {
    kills: killsEach * plan.sidecars,
    events: count,
    ...Object.fromEntries(plan.sinks.map((sink) => [sink, tellReceipts(receipts, { sink, killsEach })])),
    "hooks ended at restart": sidecars.reduce((sum, { orphansEnded }) => sum + orphansEnded, 0),
    "restart to first request, ms": spread(stations.flatMap(({ restartsMs }) => restartsMs)),
    "wall, s": ((performance.now() - startedMs) / 1000).toFixed(1),
  });
  for (const { verdict, history } of receipts) expect(explain(verdict.violations, history)).toBe("");

  // Nothing was kept back by the drain: the next start finds nothing to do.
  for (const sidecar of sidecars) {
    sidecar.start("--once");
    expect(await sidecar.exit()).toBe(0);
  }
  const again = sidecars.flatMap((sidecar) => plan.sinks.map((sink) => judge(sidecar, sink, log).verdict.tries));
  expect(again).toEqual(receipts.map(({ verdict }) => verdict.tries));
});

/** A sidecar and its way to the service, which notes when it is used. */
interface Station {
  readonly sidecar: Sidecar;
  readonly proxy: FaultProxy;
  /** From a start to the first request, in milliseconds, of the starts that came so far. */
  readonly restartsMs: number[];
}

async function openStation(served: Served, sinks: readonly SinkName[]): Promise<Station> {
  const folder = temporaryFolder(onTestFinished);
  const proxy = await FaultProxy.start(served.url);
  onTestFinished(() => proxy.close());
  const sidecar = new Sidecar({ folder, access: { url: proxy.url, apiKey: served.apiKey }, sinks });
  onTestFinished(() => sidecar.end());
  return { sidecar, proxy, restartsMs: [] };
}

/** One writer for each directory, held back only by the slowest receiver. */
async function keepWriting(
  served: Served,
  sidecars: readonly Sidecar[],
  random: Random,
): Promise<{ stop: () => Promise<number> }> {
  const stopping = new AbortController();
  const writers: ScimWriter[] = [];
  for (const name of directories) {
    const { scimUrl, token } = await served.connect(name);
    writers.push(new ScimWriter({ name, scimUrl, token, random, untilUp: () => served.whenUp() }));
  }
  // Connecting a directory is an event, too.
  const count = (): number => writers.reduce((sum, { events }) => sum + events, writers.length);
  const write = async (writer: ScimWriter): Promise<void> => {
    const arrived = (): number => Math.min(...sidecars.map((sidecar) => sidecar.arrived()));
    const mayGoOn = (): boolean => stopping.signal.aborted || count() - arrived() < backlogMax;
    while (!stopping.signal.aborted) {
      await until(mayGoOn, { what: "the receivers to catch up", patienceMs: 120_000 });
      await writer.step();
    }
  };
  const done = Promise.all(writers.map(write));
  done.catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      await done;
      return count();
    },
  };
}

/** Starts a sidecar, lets it work for a random time, and kills it. */
async function liveAndDie(station: Station, random: Random): Promise<void> {
  const { sidecar, proxy, restartsMs } = station;
  const startedAtMs = Date.now();
  proxy.arrivals.length = 0;
  sidecar.start();
  await moment(station, random);
  sidecar.check();
  await sidecar.kill();
  restartsMs.push(...proxy.arrivals.slice(0, 1).map((arrivedAtMs) => arrivedAtMs - startedAtMs));
}

/** Resolves at a random moment: while it starts, while it delivers, or while it reads. */
async function moment({ sidecar, proxy }: Station, random: Random): Promise<void> {
  const dice = random();
  if (dice < 0.2) return await pause(between(random, 0, startMs));
  if (dice < 0.6) await sidecar.delivers();
  else await until(() => proxy.arrivals.length > 0, { what: "a first request", check: () => sidecar.check() });
  await sidecar.records(between(random, 0, recordsMax), workMs);
  await pause(between(random, 0, jitterMs));
}

/** Lets a sidecar deliver everything, and looks at what it leaves behind. */
async function finish(sidecar: Sidecar, count: number): Promise<void> {
  await sidecar.drained(count);
  expect(await sidecar.stop()).toBe(0);
  expect(sidecar.damages).toEqual([]);
  const state = await readStateFile(sidecar.state);
  expect(state).toMatchObject({ integrity: "ok", deadLetters: [], status: { headSeq: count } });
  for (const { lowSeq, pending } of state?.status.sinks ?? []) {
    expect({ lowSeq, pending }).toEqual({ lowSeq: count, pending: 0 });
  }
}

/** What one receiver has, and what is to be said about it. */
interface Receipt {
  readonly sink: SinkName;
  readonly history: readonly HistoryRecord[];
  readonly verdict: Verdict;
}

function judge(sidecar: Sidecar, sink: SinkName, log: readonly LogEvent[]): Receipt {
  const history = sidecar.histories.get(sink)?.read() ?? [];
  const { attemptsMax, concurrency, runMax } = policyOf(sink);
  const limits = { attemptsMax, duplicatesPerKillMax: concurrency * runMax, runMax };
  return { sink, history, verdict: checkDelivery({ log, history, ...limits }) };
}

/** How tail drives a sink of this kind. */
function policyOf(sink: SinkName): Policy {
  return { ...defaultPolicy, ...(sink === "stdout" ? stdoutSink(process.stdout).defaults : {}) };
}

interface Telling {
  readonly sink: SinkName;
  readonly killsEach: number;
}

function tellReceipts(receipts: readonly Receipt[], { sink, killsEach }: Telling): string {
  const verdicts = receipts.filter((receipt) => receipt.sink === sink).map(({ verdict }) => verdict);
  const perKill = verdicts.flatMap(({ duplicatesByKill }) =>
    Array.from({ length: killsEach }, (_, index) => duplicatesByKill.get(index + 1) ?? 0),
  );
  const sum = (count: (verdict: Verdict) => number): number => verdicts.reduce((total, each) => total + count(each), 0);
  const twice = perKill.reduce((total, count) => total + count, 0);
  return [
    `${sum(({ tries }) => tries)} tries`,
    `${twice} twice (by kill: ${frequencies(perKill)})`,
    `${sum(({ orphanEnds }) => orphanEnds)} by late hooks`,
    `${sum(({ violations }) => violations.length)} violations`,
  ].join(", ");
}
