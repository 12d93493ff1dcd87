/**
 * Random lives of one dispatcher on a real state file: sinks that fail, give up, hang and kill the process, restarts in
 * between, and at the end an independent look at what the receiver saw.
 */
import { SinkError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { Dispatcher } from "./dispatch.ts";
import { makeLog } from "../fixtures/events.ts";
import { type HistoryRecord, violationsOf } from "../fixtures/history.ts";
import { seededRandom } from "../fixtures/seeded-random.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import { laneBy, laneNameOf } from "../locks.ts";
import type { Journal } from "../journal/model.ts";
import { openJournal } from "../journal/open.ts";
import type { Policy, Sink } from "../model.ts";
import type { StreamStatus } from "../status.ts";
import { defaultPolicy } from "../policy.ts";

/** `npm run test:fault` sets it to 120. */
const seeds = Number(process.env["DIRSYNC_TEST_SEEDS"] ?? 10);
const events = makeLog(1, 30, 4);
const policy = { ...defaultPolicy, attemptsMax: 4, delayMs: () => 10, timeoutMs: 50, concurrency: 3 };

/** How events reach the receiver. */
interface Way {
  readonly runMax: number;
  readonly isBatch: boolean;
  /** What is behind a dead letter waits; whenever nothing else is left to do, a person discards the oldest one. */
  readonly isParking?: boolean;
}

interface World {
  readonly random: () => number;
  readonly history: HistoryRecord[];
  readonly path: string;
  readonly way: Way;
  nowMs: number;
}

/** One process: resolves to true when it was done, to false when it was killed. */
async function live(world: World): Promise<boolean> {
  const clock = new VirtualClock({ startMs: world.nowMs, random: world.random });
  const journal = await openJournal({ path: world.path, role: "holder" });
  const end = new AbortController();
  const killed = new Promise<false>((resolve) => {
    end.signal.addEventListener("abort", () => resolve(false), { once: true });
  });
  const sink = randomSink(world, { clock, kill: () => kill(world, journal, end) });
  const never = new AbortController().signal;
  const runtime = { ...clock.runtime, log: { ...clock.runtime.log, error: noteSpent(world) } };
  const onDeadLetter = world.way.isParking === true ? "park" : "continue";
  const driven: Policy = { ...policy, runMax: world.way.runMax, onDeadLetter };
  const dispatcher = new Dispatcher({ journal, sink, policy: driven, runtime, drain: never, stop: never });
  grow(world, { journal, dispatcher, clock }).catch(noteGrowthEnded);
  const done = await clock.runUntil(Promise.race([killed, dispatcher.run().then(() => true)]));
  world.nowMs = clock.nowMs;
  await journal.close();
  return done;
}

/** What the kernel does: no code of the process runs any more, its locks are gone, what it had not committed too. */
function kill(world: World, journal: Journal, end: AbortController): void {
  world.history.push({ op: "kill" });
  void journal.close();
  end.abort();
}

function randomSink(world: World, { clock, kill: die }: { clock: VirtualClock; kill: () => void }): Sink {
  let isDead = false;
  const never = new Promise<never>(() => undefined);
  const sink: Sink = {
    name: "app",
    async deliver({ id }, { signal }) {
      if (isDead) return never;
      world.history.push({ op: "try", id });
      const fate = world.random();
      if (fate > 0.3) await clock.runtime.sleep(Math.floor(world.random() * 20));
      if (isDead) return never;
      if (fate > 0.97) {
        isDead = true;
        die();
        return never;
      }
      if (fate > 0.92 && !signal.aborted) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      }
      if (isDead) return never;
      const result = fate > 0.92 || fate < 0.15 ? "retry" : fate < 0.2 ? "dead" : "ok";
      world.history.push({ op: "end", id, result });
      if (result === "retry") throw new Error("again");
      if (result === "dead") throw new SinkError("no", { verdict: "dead" });
    },
  };
  return world.way.isBatch ? { ...sink, deliverBatch: inTurn(sink, world.random) } : sink;
}

/** Takes a batch event by event; when one fails, it mostly says how far it came. */
function inTurn(sink: Sink, random: () => number): NonNullable<Sink["deliverBatch"]> {
  return async (entries) => {
    for (const [deliveredCount, { event, attempt }] of entries.entries()) {
      try {
        await sink.deliver(event, attempt);
      } catch (error) {
        const verdict = error instanceof SinkError ? error.verdict : "retry";
        // Nothing was taken yet, so that it is no lie to say nothing.
        if (deliveredCount === 0 && verdict === "retry" && random() < 0.5) throw error;
        throw new SinkError("stopped", { verdict, deliveredCount });
      }
    }
  };
}

/** An event given up without another try, after crashes, is something that only the log shows. */
function noteSpent(world: World): (fields: object) => void {
  return (fields) => {
    const id = "event_id" in fields ? String(fields.event_id) : "";
    const ends = world.history.filter((record) => record.op === "end" && record.id === id);
    const last = ends.at(-1);
    if (last?.op === "end" && last.result === "dead") return;
    world.history.push({ op: "end", id, result: "dead" });
  };
}

/** Appends a few events at a time while the dispatcher works, and lets it end when there are no more. */
async function grow(
  world: World,
  { journal, dispatcher, clock }: { journal: Journal; dispatcher: Dispatcher; clock: VirtualClock },
): Promise<void> {
  let { cursor, headSeq } = await journal.bind("https://log.test", { from: "start" });
  while (headSeq < events.length) {
    await clock.runtime.sleep(Math.floor(world.random() * 80));
    const page = events.slice(headSeq, headSeq + 1 + Math.floor(world.random() * 5));
    ({ cursor, headSeq } = await journal.append({ events: page, expectedCursor: cursor, receivedAtMs: 0 }));
    dispatcher.notify();
  }
  dispatcher.finish();
}

/** The journal was closed by a kill, and with it the process that read the log. */
function noteGrowthEnded(error: unknown): void {
  expect(error).toMatchObject({ message: "The database connection is not open" });
}

interface Life {
  readonly history: readonly HistoryRecord[];
  readonly status: StreamStatus;
  /** Dead letters that a person gave up for good. */
  readonly discarded: number;
}

async function simulate(seed: number, way: Way): Promise<Life> {
  const history: HistoryRecord[] = events.map((event) => ({
    op: "emit",
    id: event.id,
    lane: laneNameOf(laneBy.directory(event), event),
  }));
  const world: World = { random: seededRandom(seed), history, path: newStateFile(), way, nowMs: 1_000 };
  for (let discarded = 0; ; discarded += 1) {
    while (!(await live(world)));
    const visitor = await openJournal({ path: world.path, role: "visitor" });
    const status = await visitor.status();
    const isParked = (status.sinks[0]?.parked ?? 0) > 0;
    if (isParked) await visitor.discard("app", (await visitor.deadLetters())[0]?.seq ?? 0);
    await visitor.close();
    if (!isParked) return { history, status, discarded };
  }
}

describe.each<[string, Way]>([
  ["one by one", { runMax: 1, isBatch: false }],
  ["in runs", { runMax: 4, isBatch: false }],
  ["in batches", { runMax: 4, isBatch: true }],
  ["in runs, parking behind dead letters", { runMax: 4, isBatch: false, isParking: true }],
])(`${seeds} random lives, each with failures, hangs and kills, %s`, (_name, way) => {
  test("lose nothing, keep every lane in order, repeat only across a kill, and stay within the budget", async () => {
    let kills = 0;
    let dead = 0;
    for (let seed = 1; seed <= seeds; seed += 1) {
      const { history, status, discarded } = await simulate(seed, way);
      expect({ seed, violations: violationsOf(history, { ...policy, runMax: way.runMax }) }).toEqual({
        seed,
        violations: [],
      });
      const lost = new Set(
        history.flatMap((record) => (record.op === "end" && record.result === "dead" ? [record.id] : [])),
      );
      expect({ seed, sinks: status.sinks }).toMatchObject({
        seed,
        sinks: [{ lowSeq: events.length, pending: 0, parked: 0, deadLetters: lost.size - discarded }],
      });
      kills += history.filter(({ op }) => op === "kill").length;
      dead += lost.size;
    }
    // The control: without kills and dead letters the test would prove little.
    expect(kills).toBeGreaterThan(seeds / 2);
    expect(dead).toBeGreaterThan(seeds / 2);
  }, 300_000);
});
