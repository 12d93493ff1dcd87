/** One simulated life from a seed: chaos, then calm, in which everything must arrive. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { between, seededRandom } from "../../support/random.ts";
import { stateFileOf } from "../made-state-file.ts";
import { effectsTable } from "./applier.ts";
import { disturb } from "./disturb.ts";
import { SimulatedClock } from "./clock.ts";
import { areOrdered, factsOf } from "./facts.ts";
import { Fleet } from "./fleet.ts";
import { judge, type Violation } from "./judge.ts";
import { drawLog, type SimEvent } from "./log.ts";
import type { Mutant } from "./mutant.ts";
import { drawPlan, type FaultName, type Plan } from "./plan.ts";
import type { SimRecord } from "./records.ts";
import { replayBefore, tidy, visit } from "./visit.ts";
import { World } from "./world.ts";

/** What a seed came to. */
export interface Life {
  readonly plan: Plan;
  readonly log: readonly SimEvent[];
  readonly records: readonly SimRecord[];
  readonly violations: readonly Violation[];
  /** The same for the same seed, always. */
  readonly hash: string;
  readonly happened: ReadonlyMap<FaultName, number>;
  /** Simulated milliseconds. */
  readonly elapsedMs: number;
}

const startMs = Date.parse("2026-01-15T12:00:00.000Z");

/** Far longer than every wait of the consumer: the longest is the one after a refused key, of up to six minutes. */
const calmMsMax = 30 * 60_000;
const lookMs = 2_000;
/**
 * A halted sink goes on when its process is started again; from one time to the next it is twice as long, because what a clock that
 * was set back has put off gains nothing by it. Not for ever: one that halts after twenty minutes has to be done within thirty.
 */
const restartMsFirst = 60_000;
const restartMsMax = 240_000;

/** Lives the life of a seed, with its state file below `folder`, and a consumer that may be broken. */
export async function simulate(seed: number, folder: string, mutant: Partial<Mutant> = {}): Promise<Life> {
  const random = seededRandom(seed);
  const plan = drawPlan(seed, random);
  const drafts = drawLog(plan, random);
  const clock = new SimulatedClock(startMs);
  const home = mkdtempSync(join(folder, "life-"));
  const path = await stateFileOf({ seed, home, folder, table: effectsTable });
  const world = new World({ plan, clock, random, path, mutant });
  try {
    await clock.runUntil(live(world, drafts));
  } finally {
    await world.visitor?.close();
    world.onlooker.close();
    rmSync(home, { recursive: true, force: true });
  }
  const { records, log, happened } = world;
  const hash = createHash("sha256").update(JSON.stringify(records)).digest("hex").slice(0, 16);
  const violations = judge({ plan, log, records });
  return { plan, log, records, violations, hash, happened, elapsedMs: clock.nowMs - startMs };
}

type Drafts = ReturnType<typeof drawLog>;

async function live(world: World, drafts: Drafts): Promise<void> {
  const fleet = new Fleet(world);
  const running = fleet.keepRunning();
  const chaos = [disturb(world, fleet), visit(world)];
  await emit(world, drafts);
  await world.clock.sleep(between(world.random, 0, 20_000));
  world.isChaos = false;
  await Promise.all(chaos);
  world.record({ op: "calm" });
  fleet.resumeAll();
  await calm(world, fleet);
  // What was drained must not come again: one more process finds nothing to do.
  await fleet.restart();
  await world.clock.sleep(3_000);
  await fleet.end();
  await running;
  world.look();
}

async function emit(world: World, drafts: Drafts): Promise<void> {
  for (const [index, draft] of drafts.entries()) {
    if (world.random() < 0.6) await world.clock.sleep(between(world.random, 0, 6_000));
    await replayBefore(world, draft);
    world.log.push({ ...draft, created_at: new Date(world.clock.nowMs).toISOString() });
    world.record({ op: "emit", id: draft.id, seq: index + 1 });
  }
}

/** Nobody makes trouble any more, but for one sink that stays down for a while: the others must not wait for it. */
async function calm(world: World, fleet: Fleet): Promise<void> {
  const { sinks } = world.plan;
  if (world.plan.isTidied) await tidy(world);
  const others = sinks.map(({ name }) => name).filter((name) => name !== world.lameSink);
  await arrival(world, fleet, others);
  world.lameSink = null;
  await arrival(
    world,
    fleet,
    sinks.map(({ name }) => name),
  );
}

async function arrival(world: World, fleet: Fleet, names: readonly string[]): Promise<void> {
  const startedMs = world.clock.nowMs;
  let restartMs = restartMsFirst;
  let restartAtMs = startedMs + restartMs;
  while (!(await isDone(world, names))) {
    if (world.clock.nowMs - startedMs > calmMsMax) {
      world.record({
        op: "stuck",
        what: `${names.join(", ")} still wait ${calmMsMax / 60_000} minutes after the faults`,
      });
      return;
    }
    if (world.clock.nowMs >= restartAtMs) {
      restartMs = Math.min(2 * restartMs, restartMsMax);
      restartAtMs += restartMs;
      await fleet.restart();
    }
    await world.clock.sleep(lookMs);
  }
}

/** True when these sinks have nothing left to do, redriven dead letters included. */
async function isDone(world: World, names: readonly string[]): Promise<boolean> {
  if (world.visitor === null) return false;
  world.look();
  if (!world.isAllPassed(names)) return false;
  const { cursor, headSeq, sinks } = await world.visitor.status();
  const mine = sinks.filter(({ name }) => names.includes(name));
  const isFinished = mine.every(
    ({ name, lowSeq, pending }) =>
      lowSeq === world.log.length && pending === 0 && !world.isAsked(name) && !isHeldForNothing(world, name),
  );
  const isRead = headSeq === world.log.length && cursor === world.log.at(-1)?.id;
  return isRead && mine.length === names.length && isFinished;
}

/** True while a sink has something parked behind which nobody has a decision to make. */
function isHeldForNothing(world: World, name: string): boolean {
  const by = world.plan.sinks.find((sink) => sink.name === name)?.laneBy ?? "none";
  const parked = world.parked.get(name) ?? new Set();
  const held = new Set([...parked, ...(world.letters.get(name) ?? [])]);
  return world.log.some((event, index) => {
    if (!parked.has(event.id)) return false;
    const before = world.log.slice(0, index).filter(({ id }) => held.has(id));
    return !before.some((other) => areOrdered(factsOf(other), factsOf(event), by));
  });
}
