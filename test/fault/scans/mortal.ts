import type { Sink } from "@dirsync/consumer";
import { type Runtime, silentLogger } from "@dirsync/sdk";
import { between, type Random } from "../../support/random.ts";
import type { SimulatedClock } from "../simulation/clock.ts";
import { unlessKilled } from "./observed.ts";
import type { UpstreamState } from "./upstream-state.ts";

/** A process in simulated time that ends when `signal` is aborted. */
export interface Mortal {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Nothing of a process that was killed goes on. */
export function mortalRuntime({ clock, random, signal }: Mortal): Runtime {
  return {
    now: () => clock.nowMs,
    monotonicNow: () => clock.nowMs,
    sleep: (ms, given) => clock.sleep(ms, given).then(() => unlessKilled(signal)),
    random,
    log: silentLogger,
  };
}

/** The app's side: it knows nothing of scans, and events of scans are like others to it. */
export function appSink(app: UpstreamState, { clock, random, signal }: Mortal): Sink {
  return {
    name: "app",
    deliver: async (event) => {
      await unlessKilled(signal);
      await clock.sleep(between(random, 1, 30));
      await unlessKilled(signal);
      app.apply(event);
    },
  };
}
