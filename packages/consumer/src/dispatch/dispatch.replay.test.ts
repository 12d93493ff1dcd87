import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { dispatchRig, type DispatchRig, failing, until } from "../fixtures/dispatch-rig.ts";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { delivered, step } from "../fixtures/journal-steps.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import { openJournal } from "../journal/open.ts";
import { handlersSink } from "../sinks/handlers.ts";

const numberOf = ({ id }: DirectoryEvent): number => Number(id.slice(-6));

/** A state file of which a sink has finished everything. */
async function finishedLog(log = makeLog(1, 5)): Promise<string> {
  const path = newStateFile();
  const { run, journal } = await dispatchRig({ path, log });
  await run();
  await journal.close();
  return path;
}

interface NotingRig extends DispatchRig {
  /** `3`, or `3 again` in a replay, with the number of the try when it is not the first. */
  readonly seen: string[];
}

async function notingRig(
  path: string,
  log: readonly DirectoryEvent[] = [],
  clock = new VirtualClock(),
): Promise<NotingRig> {
  const seen: string[] = [];
  const rig = await dispatchRig({
    path,
    log,
    clock,
    deliver: (event, { replay, number }) => {
      seen.push(`${numberOf(event)}${replay ? " again" : ""}${number > 1 ? ` try ${number}` : ""}`);
      return Promise.resolve();
    },
  });
  return { ...rig, seen };
}

describe("a replay", () => {
  test("brings events again, in journal order, said to be one, and before new ones of their lane", async () => {
    const path = await finishedLog();
    const { journal, run, seen } = await notingRig(path, makeLog(6, 7));
    await journal.requestReplay("app", { fromSeq: 2, toSeq: 4 });
    await run();
    expect(seen).toEqual(["2 again", "3 again", "4 again", "6", "7"]);
    expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 7, pending: 0, delivered: 10 }]);
  });

  test("comes in its order also where the dispatcher reads on into the middle of it before it was noticed", async () => {
    const path = await finishedLog();
    const seen: string[] = [];
    const { journal, run } = await dispatchRig({
      path,
      log: makeLog(6, 1_600),
      deliver: async (event, { replay }) => {
        if (numberOf(event) === 6) await journal.requestReplay("app", { ids: ["event_000003", "event_001500"] });
        if (replay) seen.push(event.id);
      },
    });
    // Finished out of turn, as in a lane that went on.
    await step(journal, { started: [1_500], lowSeq: 5 });
    await step(journal, { finished: [delivered(1_500)], lowSeq: 5 });
    await run();
    expect(seen).toEqual(["event_000003", "event_001500"]);
  });

  test("is noticed by a dispatcher that runs, within a second, ahead of what waits", async () => {
    const path = await finishedLog();
    const clock = new VirtualClock();
    const { journal, dispatcher, seen } = await notingRig(path, [], clock);
    const running = dispatcher.run();
    await clock.runUntil(clock.runtime.sleep(5_000));
    const visitor = await openJournal({ path, role: "visitor" });
    const atMs = clock.nowMs;
    await visitor.requestReplay("app", { ids: ["event_000003"] });
    await clock.runUntil(until(clock, () => Promise.resolve(seen.length > 0)));
    expect(clock.nowMs - atMs).toBeLessThanOrEqual(1_050);
    dispatcher.finish();
    await clock.runUntil(running);
    await visitor.close();
    expect(seen).toEqual(["3 again"]);
    expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 5, pending: 0 }]);
  });

  test.each([
    ["is given up when its object has changed before it was noticed", false, ["2", "6"]],
    ["comes all the same when it was forced", true, ["2", "6", "1 again"]],
  ])("%s", async (_what, force, expected) => {
    const path = await finishedLog([makeEvent(1, { user: "ann" })]);
    const clock = new VirtualClock();
    const { journal, dispatcher, seen } = await notingRig(path, [makeEvent(2)], clock);
    const running = dispatcher.run();
    // Between two looks at what people ask for.
    await clock.runUntil(clock.runtime.sleep(5_500));
    await journal.requestReplay("app", { ids: ["event_000001"] }, { force });
    const { cursor } = await journal.status();
    const leaves = makeEvent(6, { user: "ann", name: "dsync.user.deleted" });
    await journal.append({ events: [leaves], expectedCursor: cursor, receivedAtMs: clock.nowMs });
    dispatcher.notify();
    await clock.runUntil(clock.runtime.sleep(5_000));
    dispatcher.finish();
    await clock.runUntil(running);
    expect(seen).toEqual(expected);
    expect((await journal.status()).sinks).toMatchObject([{ pending: 0 }]);
  });

  test("waits for what is in flight and conflicts, and does not bring that again", async () => {
    const path = await finishedLog();
    const clock = new VirtualClock();
    const flights: string[] = [];
    const { dispatcher, journal } = await dispatchRig({
      path,
      clock,
      log: makeLog(6, 7),
      deliver: async (event) => {
        flights.push(`${numberOf(event)} begins`);
        await clock.runtime.sleep(5_000);
        flights.push(`${numberOf(event)} ends`);
      },
    });
    const running = dispatcher.run();
    await clock.runUntil(until(clock, () => Promise.resolve(flights.length > 0)));
    await journal.requestReplay("app", { ids: ["event_000001"] });
    await clock.runUntil(clock.runtime.sleep(2_000));
    dispatcher.finish();
    await clock.runUntil(running);
    expect(flights).toEqual([6, 1, 7].flatMap((number) => [`${number} begins`, `${number} ends`]));
  });

  test("that is interrupted goes on after a restart, and has a budget of its own", async () => {
    const path = await finishedLog();
    const before = await dispatchRig({ path, log: [], deliver: failing("halt") });
    await before.journal.requestReplay("app", { fromSeq: 4 });
    await before.run();
    await before.journal.close();
    const { run, seen } = await notingRig(path);
    await run();
    expect(seen).toEqual(["4 again", "5 again"]);
  });

  test("that fails for good makes a dead letter, which is told to be overtaken", async () => {
    const path = await finishedLog([makeEvent(1, { user: "u1" }), makeEvent(2, { user: "u1" })]);
    const { run, journal } = await dispatchRig({ path, log: [], deliver: failing("dead") });
    await journal.requestReplay("app", { toSeq: 1 }, { force: true });
    await run();
    await expect(journal.deadLetters()).resolves.toMatchObject([{ seq: 1, supersededBy: "event_000002" }]);
  });
});

describe("a handler's side effect", () => {
  test("is had once, however often its event comes", async () => {
    const path = newStateFile();
    const mails: unknown[] = [];
    const replays: boolean[] = [];
    const sink = handlersSink(
      {
        "*": async ({ id }, { effect, replay }) => {
          replays.push(replay);
          mails.push(await effect("welcome mail", id, () => `mail about ${id}`));
        },
      },
      { name: "app" },
    );
    for (let time = 0; time < 2; time += 1) {
      const { run, journal } = await dispatchRig({
        path,
        log: time === 0 ? makeLog(1, 1) : [],
        deliver: (event, attempt) => sink.deliver(event, attempt),
      });
      if (time > 0) await journal.requestReplay("app", { fromSeq: 1 });
      await run();
      await journal.close();
    }
    expect(replays).toEqual([false, true]);
    expect(mails).toEqual(["mail about event_000001", undefined]);
  });

  test("that fails is not on record, and is tried again with its event", async () => {
    let tries = 0;
    const work = (): void => {
      tries += 1;
      if (tries < 3) throw new Error("no mail server");
    };
    const sink = handlersSink({ "*": ({ id }, { effect }) => effect("mail", id, work) });
    const { run, journal } = await dispatchRig({ log: makeLog(1, 1), deliver: (...given) => sink.deliver(...given) });
    await expect(run()).resolves.toMatchObject({ delivered: 1 });
    expect(tries).toBe(3);
    await expect(journal.hasEffect("app", { name: "mail", key: "event_000001" })).resolves.toBe(true);
  });

  test("is not had where no record is kept", async () => {
    let calls = 0;
    const sink = handlersSink({
      "*": async (_event, { effect }) => void (await effect("mail", "x", () => (calls += 1))),
    });
    const signal = new AbortController().signal;
    const attempt = { number: 1, seq: 1, epoch: 1, lane: "", replay: false, signal };
    await expect(sink.deliver(makeEvent(1), attempt)).rejects.toMatchObject({ code: "effects_unknown" });
    expect(calls).toBe(0);
  });
});
