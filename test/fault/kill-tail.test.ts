/**
 * `dirsync tail` is killed with SIGKILL at random points, again and again, while people keep changing in several
 * directories. What its receivers recorded must not show it: nothing lost, nothing out of order, nothing at the same
 * time, and nothing twice but what was in flight at a kill.
 */
import { setTimeout as pause } from "node:timers/promises";
import { defaultPolicy } from "@dirsync/consumer";
import { expect, onTestFinished, test } from "vitest";
import { checkDelivery, type Verdict } from "../support/checker.ts";
import { readLog } from "../support/event-log.ts";
import { explain } from "../support/explanation.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { between, type Random, seededRandom } from "../support/random.ts";
import { ScimWriter } from "../support/scim-writer.ts";
import { Served } from "../support/served.ts";
import { checkIntegrity, readStateFile } from "../support/state-file.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { until } from "../support/until.ts";
import { readScale } from "./scale.ts";
import { Sidecar, type SinkName } from "./sidecar.ts";
import { frequencies, printTable, spread } from "./table.ts";

const scale = readScale();
const directories = ["north", "east", "south", "west"];

/** Events that wait for the slowest receiver, at most: enough that every kill finds work under way. */
const backlogMax = 60;

/** Longer than it takes to start: some kills come before the first delivery, in the middle of opening the state file. */
const startMs = 500;
const workMs = 220;

test.each<[string, { kills: number; sinks: readonly SinkName[] }]>([
  ["handlers and a hook", { kills: scale.kills, sinks: ["handlers", "exec"] }],
  ["standard output", { kills: Math.ceil(scale.kills / 10), sinks: ["stdout"] }],
])(
  "%s see every event, in order, however often tail is killed",
  { timeout: 180_000 },
  async (name, { kills, sinks }) => {
    const random = seededRandom(scale.seed);
    const folder = temporaryFolder(onTestFinished);
    const served = await Served.start(folder);
    onTestFinished(() => served.kill());
    const proxy = await FaultProxy.start(served.url);
    onTestFinished(() => proxy.close());
    const sidecar = new Sidecar({ folder, access: { url: proxy.url, apiKey: served.apiKey }, sinks });
    onTestFinished(() => sidecar.end());

    const startedMs = performance.now();
    const writing = await keepWriting(served, sidecar, random);
    const restartsMs: number[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      restartsMs.push(...(await liveAndDie(sidecar, proxy, random)));
    }
    const count = await writing.stop();
    sidecar.start();
    await sidecar.drained(count);
    expect(await sidecar.stop()).toBe(0);

    const log = await readLog(served);
    expect(log).toHaveLength(count);
    const state = await readStateFile(sidecar.state);
    expect(state).toMatchObject({ integrity: "ok", deadLetters: [], status: { headSeq: count } });
    expect(state?.status.sinks.map(({ lowSeq, pending }) => [lowSeq, pending])).toEqual(sinks.map(() => [count, 0]));
    expect(sidecar.damages).toEqual([]);
    expect(await checkIntegrity(served.dataFile)).toBe("ok");

    const verdicts = sinks.map((sink) => {
      const history = sidecar.histories.get(sink)?.read() ?? [];
      const limits = { attemptsMax: defaultPolicy.attemptsMax, duplicatesPerKillMax: defaultPolicy.concurrency };
      return { sink, history, verdict: checkDelivery({ log, history, ...limits }) };
    });
    printTable(`tail killed: ${name} (seed ${scale.seed})`, {
      kills,
      events: count,
      ...Object.fromEntries(verdicts.map(({ sink, verdict }) => [sink, tellVerdict(verdict, kills)])),
      "hooks ended at restart": sidecar.orphansEnded,
      "restart to first request, ms": spread(restartsMs),
      "wall, s": ((performance.now() - startedMs) / 1000).toFixed(1),
    });
    for (const { verdict, history } of verdicts) {
      expect(explain(verdict.violations, history)).toBe("");
    }

    // Nothing was kept back by the drain: the next start finds nothing to do.
    const tries = verdicts.map(({ verdict }) => verdict.tries);
    sidecar.start("--once");
    expect(await sidecar.exit()).toBe(0);
    const triesAfter = sinks.map(
      (sink) =>
        sidecar.histories
          .get(sink)
          ?.read()
          .filter(({ op }) => op === "begin").length,
    );
    expect(triesAfter).toEqual(tries);
  },
);

/** One writer for each directory, held back only by the slowest receiver. */
async function keepWriting(served: Served, sidecar: Sidecar, random: Random): Promise<{ stop: () => Promise<number> }> {
  const stopping = new AbortController();
  const writers: ScimWriter[] = [];
  for (const name of directories) {
    const { scimUrl, token } = await served.connect(name);
    writers.push(new ScimWriter({ name, scimUrl, token, random, untilUp: () => served.whenUp() }));
  }
  // Connecting a directory is an event, too.
  const count = (): number => writers.reduce((sum, { events }) => sum + events, writers.length);
  const write = async (writer: ScimWriter): Promise<void> => {
    const mayGoOn = (): boolean => stopping.signal.aborted || count() - sidecar.arrived() < backlogMax;
    while (!stopping.signal.aborted) {
      await until(mayGoOn, { what: "the receivers to catch up" });
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

/** Starts it, lets it work for a random time, and kills it. Resolves to how long its first request took, if it made one. */
async function liveAndDie(sidecar: Sidecar, proxy: FaultProxy, random: Random): Promise<readonly number[]> {
  const startedAtMs = Date.now();
  proxy.arrivals.length = 0;
  sidecar.start();
  await moment(sidecar, proxy, random);
  sidecar.check();
  await sidecar.kill();
  return proxy.arrivals.slice(0, 1).map((arrivedAtMs) => arrivedAtMs - startedAtMs);
}

/** Resolves at a random moment: while it starts, while it delivers, or while it reads. */
async function moment(sidecar: Sidecar, proxy: FaultProxy, random: Random): Promise<void> {
  const dice = random();
  if (dice < 0.2) return await pause(between(random, 0, startMs));
  if (dice < 0.6) await sidecar.delivers();
  else await until(() => proxy.arrivals.length > 0, { what: "a first request", check: () => sidecar.check() });
  await pause(between(random, 0, workMs));
}

function tellVerdict({ violations, duplicatesByKill, tries, orphanEnds }: Verdict, kills: number): string {
  const perKill = Array.from({ length: kills }, (_, index) => duplicatesByKill.get(index + 1) ?? 0);
  const duplicates = perKill.reduce((sum, count) => sum + count, 0);
  return `${tries} tries, ${duplicates} twice (by kill: ${frequencies(perKill)}), late hooks ${orphanEnds}, violations ${violations.length}`;
}
