/** Faults of a receiver that last: a sink that is down for a time, and events that end every process that tries them. */
import type { World } from "./world.ts";

/** Down for half of each minute, and the lame sink for some time after the calm. */
export function isDownNow(world: World, sink: string): boolean {
  const { clock, plan, isChaos, lameSink } = world;
  if (lameSink === sink && !isChaos) return true;
  const isDown = isChaos && plan.rates.has("sinkDown") && Math.floor(clock.nowMs / 30_000) % 2 === 0;
  if (isDown) world.count("sinkDown");
  return isDown;
}

/** Every try of some events ends the process, for as long as there is chaos. */
export function isPoison(world: World, id: string): boolean {
  const { plan, isChaos } = world;
  const isPoison = isChaos && plan.rates.has("poison") && (Number(id.slice(-4)) + plan.seed) % 11 === 0;
  if (isPoison) world.count("poison");
  return isPoison;
}
