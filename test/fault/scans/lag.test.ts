import { expect, test } from "vitest";
import { seededRandom } from "../../support/random.ts";
import { SimulatedClock } from "../simulation/clock.ts";
import { Lag } from "./lag.ts";

test("what comes late to the log comes behind what happened before it, however far the log is behind", () => {
  const overtaken = Array.from({ length: 500 }, (_none, seed) => {
    const clock = new SimulatedClock(0);
    const lag = new Lag({ clock, random: seededRandom(seed), skewMs: 4_000, behind: "log" });
    const before = lag.next();
    return lag.late().inLogAtMs < before.inLogAtMs;
  });
  expect(overtaken.filter(Boolean)).toEqual([]);
});
