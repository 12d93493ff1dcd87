/**
 * `dirsync tail` is asked to end, again and again, whatever it is about to do. Unlike a kill, this must leave no trace at
 * all: after the next start nothing comes a second time, and nothing is missing.
 */
import { describe, expect } from "vitest";
import type { Call } from "../support/fault-proxy.ts";
import { test } from "../support/rig.ts";
import { until } from "../support/until.ts";
import { isWhole, patienceMs, readScale } from "./scale.ts";
import { printTable, spread } from "./table.ts";
import { type Receiver, WatchedTail } from "./watched-tail.ts";

const scale = readScale();
/** Of each of the five states: 1 in `npm test`, 12 in the whole suite. */
const drainsEach = isWhole(scale) ? Math.ceil((scale.kills * 2.4) / 100) : 1;

/** Far beyond everybody's patience: who ends sooner than this has not waited for it. */
const drainTimeout = ["--drain-timeout", "10m"];

/** Brings a tail into a state; what it returns happens once the signal has been noticed. */
type Enter = (tail: WatchedTail, round: number) => Promise<() => void>;

const nothing = (): void => undefined;

const states: readonly [state: string, receiver: Receiver, enter: Enter][] = [
  ["idle", "handlers", idle],
  ["while a page does not come", "handlers", fetching],
  ["in the middle of a handler", "handlers", working],
  ["in the middle of a hook", "hook", working],
  ["between two tries", "handlers", waiting],
];

describe.concurrent("a tail that is asked to end", () => {
  test.for(states)(
    "%s ends well, and after the next start nothing comes twice",
    { timeout: patienceMs(scale) },
    async ([state, receiver, enter], { rig }) => {
      const tail = new WatchedTail(rig, receiver, drainTimeout);
      const endsMs: number[] = [];
      for (let round = 0; round < drainsEach; round += 1) {
        tail.start();
        const release = await enter(tail, round);
        const askedAtMs = performance.now();
        await tail.ask(round % 2 === 0 ? "SIGTERM" : "SIGINT");
        release();
        expect(await tail.ended()).toBe(0);
        endsMs.push(performance.now() - askedAtMs);
        rig.proxy.fault = null;
        tail.lift("refuse");
        await tail.noteCommit();
      }
      const { tries, duplicatesByKill } = await tail.finish();
      const refused = tail.ends("failed").length;
      expect(duplicatesByKill.size).toBe(0);
      // Not even what was cut off before it had an effect: everything was let finish.
      expect(tries).toBe((await tail.log()).length + refused);
      printTable(`asked to end: ${state}`, { drains: drainsEach, tries, refused, "to the end, ms": spread(endsMs) });
    },
  );

  test("(control) and that is killed instead shows, unless the judge is told of the kill", async ({ rig }) => {
    const tail = new WatchedTail(rig, "handlers");
    tail.order("after");
    tail.start();
    await tail.wait(() => tail.ends("ok").length > 0, "an effect");
    tail.process.signal("SIGKILL");
    await tail.process.gone;
    const killedAt = tail.history.read().length;
    tail.lift("after");
    tail.start();
    await tail.caughtUp();
    await tail.wait(() => tail.ends("ok").length > rig.lines("history.jsonl").length / 3, "the repetition");
    expect(await tail.stop()).toBe(0);
    expect((await tail.judge()).violations.map(({ rule }) => rule)).toContain("duplicate");
    const told = [...tail.history.read()];
    told.splice(killedAt, 0, { op: "kill" });
    expect((await tail.judge(told)).violations).toEqual([]);
  });
});

test("a handler that never ends is cut off when the time to drain is up, and its event comes again", async ({
  rig,
}) => {
  const tail = new WatchedTail(rig, "handlers", ["--drain-timeout", "300ms"]);
  tail.order("before");
  tail.start();
  await tail.begun(1);
  await tail.ask("SIGTERM");
  expect(await tail.ended()).toBe(75);
  tail.noteKill();
  tail.lift("before");
  const { tries } = await tail.finish();
  expect(tries).toBe((await tail.log()).length + 1);
});

/** Everything is delivered, and it has looked for more. */
async function idle(tail: WatchedTail): Promise<() => void> {
  await tail.rig.company.hire(1);
  await tail.caughtUp();
  const { arrivals } = tail.rig.proxy;
  const before = arrivals.length;
  await tail.wait(() => arrivals.length > before + 1, "a look at the end of the log");
  return nothing;
}

/** It has asked for a page, of which nothing has come, or in every other round the half. */
async function fetching(tail: WatchedTail, round: number): Promise<() => void> {
  await tail.caughtUp();
  let isAsked = false;
  tail.rig.proxy.fault = async (call) => {
    if (round % 2 === 1) await answerHalf(call);
    isAsked = true;
  };
  await tail.rig.company.hire(1);
  await tail.wait(() => isAsked, "a request for a page");
  return nothing;
}

async function answerHalf({ real, response }: Call): Promise<void> {
  const { status, body } = await real();
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length });
  response.write(body.slice(0, body.length / 2));
}

/** Its receiver is at work; in every other round its effect is there already, and only its answer is not. */
async function working(tail: WatchedTail, round: number): Promise<() => void> {
  const order = round % 2 === 0 ? "after" : "before";
  await tail.caughtUp();
  tail.order(order);
  const begun = tail.begins().length;
  const arrived = tail.history.arrived.size;
  await tail.rig.company.hire(2);
  await tail.begun(begun + 1);
  if (order === "after") await tail.wait(() => tail.history.arrived.size > arrived, "an effect");
  return () => tail.lift(order);
}

/** Its receiver has refused an event, which is to be tried again in a moment. */
async function waiting(tail: WatchedTail): Promise<() => void> {
  await tail.caughtUp();
  tail.order("refuse");
  const { process } = tail;
  await tail.rig.company.hire(2);
  await until(() => process.stderr.includes("will try again"), { what: "a refusal", check: () => process.mustRun() });
  return nothing;
}
