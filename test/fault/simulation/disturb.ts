import { between, oneOf } from "../../support/random.ts";
import type { Fleet } from "./fleet.ts";
import type { SimulatedProcess } from "./process.ts";
import type { World } from "./world.ts";

const dayMs = 24 * 60 * 60_000;

/** Sends signals, sets clocks and starts second processes until there is no chaos any more. */
export async function disturb(world: World, fleet: Fleet): Promise<void> {
  const { clock, random } = world;
  const pauses: Promise<void>[] = [];
  while (world.isChaos) {
    await clock.sleep(between(random, 100, 3_000));
    const process = fleet.current;
    if (process === null) continue;
    if (world.happens("clockJump")) jump(world);
    if (world.happens("secondHolder")) await fleet.openSecond();
    if (world.happens("pause")) pauses.push(pauseFor(process, between(random, 10, 40_000), world));
    if (world.happens("takeover")) fleet.takeOver();
    if (world.happens("drain")) process.drain();
  }
}

async function pauseFor(process: SimulatedProcess, ms: number, { clock }: World): Promise<void> {
  process.pause();
  await clock.sleep(ms);
  process.resume();
}

function jump(world: World): void {
  const ms = oneOf(world.random, [-dayMs, -60_000, -1_000, 1_000, 3_600_000, dayMs]) ?? 0;
  world.wallAheadMs += ms;
  world.record({ op: "jump", ms });
}
