/** What else the process has to do while a sink is far behind. */
import { describe, expect, onTestFinished, test } from "vitest";
import { dispatchRig } from "../fixtures/dispatch-rig.ts";
import { makeLog } from "../fixtures/events.ts";
import { append, boundJournal, dead, step } from "../fixtures/journal-steps.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import { defaultPolicy } from "../policy.ts";
import { Dispatcher } from "./dispatch.ts";

/** A clock by which so much passes from look to look. */
function runningClock(stepMs = 1): VirtualClock {
  const clock = new VirtualClock();
  let ms = 0;
  Object.assign(clock.runtime, { monotonicNow: () => (ms += stepMs) });
  return clock;
}

/** Counts turns of the event loop until it is ended. */
class TurnCount {
  turns = 0;
  #isEnded = false;

  constructor() {
    this.#next();
  }

  end(): number {
    this.#isEnded = true;
    return this.turns;
  }

  #next(): void {
    setImmediate(() => {
      this.turns += 1;
      if (!this.#isEnded) this.#next();
    });
  }
}

describe("a dispatcher that is far behind, and whose sink answers at once", () => {
  test("lets everybody else have turns of the event loop, as signals, probes and reading need them", async () => {
    const clock = runningClock();
    const count = new TurnCount();
    const turnsAt: number[] = [];
    const { dispatcher } = await dispatchRig({
      clock,
      log: makeLog(1, 400),
      deliver: () => {
        turnsAt.push(count.turns);
        return Promise.resolve();
      },
    });
    dispatcher.finish();
    await dispatcher.run();
    count.end();
    expect(turnsAt).toHaveLength(400);
    expect(turnsAt.at(-1)).toBeGreaterThan(10);
  });

  test("hears in the middle that it is to stop", async () => {
    const clock = runningClock();
    const { dispatcher, drain } = await dispatchRig({ clock, log: makeLog(1, 400) });
    dispatcher.finish();
    setImmediate(() => drain.abort());
    const { delivered } = await dispatcher.run();
    expect(delivered).toBeLessThan(400);
  });

  test("does so also where it looks through dead letters and replays before it begins", async () => {
    const clock = runningClock(5);
    const journal = await boundJournal();
    const log = makeLog(1, 3_000);
    await append(journal, log);
    await journal.addSink("app");
    const all = log.map((_event, index) => index + 1);
    await step(journal, { started: all });
    await step(journal, { finished: all.map(dead), lowSeq: all.length });
    const { dispatcher } = await dispatchRig({ clock, journal, policy: { onDeadLetter: "park" } });
    const count = new TurnCount();
    dispatcher.finish();
    await dispatcher.run();
    expect(count.end()).toBeGreaterThan(0);
  });
});

test("a signal may drain any number of sinks, without a warning of Node", async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  const journal = await boundJournal();
  const [drain, stop] = [new AbortController(), new AbortController()];
  const { runtime } = new VirtualClock();
  const signals = { drain: drain.signal, stop: stop.signal };
  const running = Array.from({ length: 12 }, (_none, index) => {
    const sink = { name: `sink${index}`, deliver: () => Promise.resolve() };
    return new Dispatcher({ journal, sink, policy: defaultPolicy, runtime, ...signals }).run();
  });
  drain.abort();
  await Promise.all(running);
  // Node tells of a warning in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  expect(warnings).toEqual([]);
});

test("a signal that had fired before the sink began lets nothing begin", async () => {
  const { dispatcher, clock, drain, tried } = await dispatchRig({ log: makeLog(1, 2) });
  drain.abort();
  const report = await clock.runUntil(dispatcher.run());
  expect(report.delivered).toBe(0);
  expect(tried).toEqual([]);
});
