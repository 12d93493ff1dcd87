import { expect, test } from "vitest";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import { BackPressure } from "./back-pressure.ts";

/** Pressure of a journal in which each event has a kilobyte, and how many rows it was asked to look at. */
function pressureOf(limits: { backlogMax?: number; backlogBytesMax?: number }) {
  const clock = new VirtualClock();
  const state = { low: 0, rows: 0 };
  const bytesOf = (afterSeq: number, upToSeq: number): Promise<number> => {
    state.rows += upToSeq - afterSeq;
    return Promise.resolve((upToSeq - afterSeq) * 1_000);
  };
  const options = { journal: { bytesOf }, lowestSeq: () => state.low, log: clock.runtime.log, ...limits };
  return { pressure: new BackPressure(options), state, clock };
}

test("a sink that is too many events behind is not weighed as well: it may be new, and millions behind", async () => {
  const { pressure, state, clock } = pressureOf({});
  await expect(pressure.isTooFarAhead(5_000_000)).resolves.toBe(true);
  expect(state.rows).toBe(0);
  expect(clock.log[0]?.fields).toEqual({ backlog: 5_000_000, backlog_max: 100_000, backlog_bytes_max: 1024 ** 3 });
});

test("reading is held back by bytes, and goes on a little below, as it does by count", async () => {
  const { pressure, state, clock } = pressureOf({ backlogBytesMax: 1_000_000 });
  await expect(pressure.isTooFarAhead(900)).resolves.toBe(false);
  await expect(pressure.isTooFarAhead(1_000)).resolves.toBe(true);
  state.low = 50;
  await expect(pressure.isTooFarAhead(1_000)).resolves.toBe(true);
  state.low = 600;
  await expect(pressure.isTooFarAhead(1_000)).resolves.toBe(false);
  expect(clock.log.map(({ level, fields }) => [level, fields["backlog"], fields["backlog_bytes"]])).toEqual([
    ["warn", 1_000, 1_000_000],
    ["info", 400, 400_000],
  ]);
});

test("reading that was held back by count does not go on with each event that is taken", async () => {
  const { pressure, state } = pressureOf({ backlogMax: 1_000 });
  const answers: boolean[] = [];
  for (const low of [1, 0, 50, 99, 101, 50]) {
    state.low = low;
    answers.push(await pressure.isTooFarAhead(1_000));
  }
  expect(answers).toEqual([false, true, true, true, false, false]);
});

test("reading never waits for sinks that there are none of, or that have everything", async () => {
  const { pressure, state } = pressureOf({ backlogMax: 1, backlogBytesMax: 1 });
  state.low = 10;
  await expect(pressure.isTooFarAhead(10)).resolves.toBe(false);
});
