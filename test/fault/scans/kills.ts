import { between, type Random } from "../../support/random.ts";
import type { SimulatedClock } from "../simulation/clock.ts";

/** A process that scans, to whoever kills it. */
export interface Victim {
  readonly clock: SimulatedClock;
  readonly random: Random;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Resolves when something of a scan has been taken in the next time. */
  released(): Promise<void>;
}

/** Whoever waits longer for something to be taken in waits in vain: until then upstream changes, and a scan is asked for. */
const aimMs = 20_000;

/**
 * Kills it up to three times, and starts it anew: in half of the lives at any moment, and in the others shortly after a page
 * was taken in, so that who comes next is in the middle of a scan before it has seen anything of the log.
 */
export async function killNowAndThen(victim: Victim): Promise<void> {
  const { clock, random } = victim;
  const kills = between(random, 0, 3);
  const isAimed = random() < 0.5;
  for (let kill = 0; kill < kills; kill += 1) {
    if (isAimed && !(await isReleasedSoon(victim))) return;
    await clock.sleep(isAimed ? between(random, 0, 200) : between(random, 200, 3_500));
    await victim.kill();
    await clock.sleep(between(random, 1, 100));
    await victim.start();
  }
}

async function isReleasedSoon({ clock, released }: Victim): Promise<boolean> {
  return await Promise.race([released().then(() => true), clock.sleep(aimMs).then(() => false)]);
}
