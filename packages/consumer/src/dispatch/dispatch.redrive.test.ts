import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { dispatchRig, type DispatchRig, type DispatchRigOptions, failing, until } from "../fixtures/dispatch-rig.ts";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Journal, KeptPage } from "../journal/model.ts";
import { openJournal } from "../journal/open.ts";
import type { Attempt } from "../model.ts";

const ids = (log: readonly DirectoryEvent[]): string[] => log.map(({ id }) => id);
const [first, second, third] = ids(makeLog(1, 3)) as [string, string, string];

describe("a redrive from another connection", () => {
  async function withDeadLetter(options: DispatchRigOptions = {}): Promise<DispatchRig & { visitor: Journal }> {
    const path = newStateFile();
    let isMended = false;
    const made = await dispatchRig({
      path,
      deliver: (event) => (event.id === first && !isMended ? failing("dead")(event, {} as Attempt) : Promise.resolve()),
      log: [1, 2, 3].map((number) => makeEvent(number, { user: `u${number}` })),
      ...options,
    });
    const running = made.dispatcher.run();
    running.catch(() => undefined);
    const visitor = await openJournal({ path, role: "visitor" });
    await made.clock.runUntil(until(made.clock, async () => (await visitor.deadLetters()).length > 0));
    isMended = true;
    return { ...made, visitor, run: () => made.clock.runUntil(running) };
  }

  test("reads no dead letter where nothing waits behind them: there may be a hundred thousand", async () => {
    const { visitor, clock, run, dispatcher, tried, journal } = await withDeadLetter();
    const pages: KeptPage[] = [];
    const kept = journal.kept.bind(journal);
    journal.kept = (sink, page) => {
      pages.push(page);
      return kept(sink, page);
    };
    await visitor.redrive("app", 1, {});
    await clock.runUntil(until(clock, () => Promise.resolve(tried.filter((id) => id === first).length === 2)));
    dispatcher.finish();
    await run();
    expect(pages).toMatchObject([{ afterSeq: 0, onlyParked: true }]);
    await visitor.close();
  });

  test("is picked up within a second by a running dispatcher, with a fresh budget", async () => {
    const { visitor, clock, run, dispatcher, tried, journal } = await withDeadLetter();
    await visitor.redrive("app", 1, {});
    const before = clock.nowMs;
    await clock.runUntil(until(clock, () => Promise.resolve(tried.filter((id) => id === first).length === 2)));
    expect(clock.nowMs - before).toBeLessThanOrEqual(1_000);
    dispatcher.finish();
    await run();
    await visitor.close();
    await expect(journal.deadLetters()).resolves.toEqual([]);
    expect((await journal.status()).sinks).toMatchObject([{ delivered: 3, lowSeq: 3 }]);
  });

  test("is withdrawn when a later event overtook it before it could be tried", async () => {
    const { visitor, clock, run, dispatcher, tried, journal } = await withDeadLetter();
    await visitor.redrive("app", 1, {});
    const deletion = makeEvent(4, { name: "dsync.user.deleted", user: "u1" });
    await journal.append({ events: [deletion], expectedCursor: third, receivedAtMs: 0 });
    dispatcher.notify();
    await clock.runUntil(clock.runtime.sleep(3_000));
    dispatcher.finish();
    await run();
    expect(tried).toEqual([first, second, third, deletion.id]);
    await expect(visitor.deadLetters()).resolves.toMatchObject([{ seq: 1, supersededBy: deletion.id }]);
    await visitor.close();
  });

  test("that is forced is delivered although a later event overtook it", async () => {
    const { visitor, clock, run, dispatcher, tried, journal } = await withDeadLetter();
    const deletion = makeEvent(4, { name: "dsync.user.deleted", user: "u1" });
    await journal.append({ events: [deletion], expectedCursor: third, receivedAtMs: 0 });
    await visitor.redrive("app", 1, { force: true });
    await clock.runUntil(clock.runtime.sleep(3_000));
    dispatcher.notify();
    dispatcher.finish();
    await run();
    expect(tried.filter((id) => id === first)).toHaveLength(2);
    await visitor.close();
  });

  test("that fails again becomes a dead letter again, and is not tried for ever", async () => {
    const { visitor, clock, run, dispatcher, tried } = await withDeadLetter({
      deliver: (event) => (event.id === first ? Promise.reject(new Error("still")) : Promise.resolve()),
      policy: { attemptsMax: 2 },
    });
    await visitor.redrive("app", 1, {});
    await clock.runUntil(until(clock, async () => (await visitor.deadLetters()).length > 0));
    await clock.runUntil(clock.runtime.sleep(10_000));
    dispatcher.finish();
    await run();
    expect(tried.filter((id) => id === first)).toHaveLength(4);
    await expect(visitor.deadLetters()).resolves.toMatchObject([{ attempts: 2 }]);
    await visitor.close();
  });

  test("that was interrupted goes on after a restart", async () => {
    const path = newStateFile();
    const before = await dispatchRig({ path, deliver: failing("dead") });
    await before.run();
    await before.journal.redrive("app", 2, {});
    await before.journal.close();
    const after = await dispatchRig({ path });
    await after.run();
    expect(after.tried).toEqual([second]);
    expect((await after.journal.status()).sinks).toMatchObject([{ deadLetters: 2, delivered: 1 }]);
  });
});
