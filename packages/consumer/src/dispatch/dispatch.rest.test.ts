/** A sink that has nothing to do, and whose mark is moved over what it does not want without reading it. */
import { describe, expect, test, vi } from "vitest";
import { dispatchRig, failing, failingFirst } from "../fixtures/dispatch-rig.ts";
import { makeLog } from "../fixtures/events.ts";
import { delivered, step } from "../fixtures/journal-steps.ts";

describe("a dispatcher", () => {
  test("rests where it has come to, once all of that is finished, and not before", async () => {
    const log = makeLog(1, 3);
    const seen: (number | null)[] = [];
    const deliver = failingFirst(1, [log[1]?.id ?? ""]);
    const { dispatcher, clock, journal } = await dispatchRig({
      log,
      deliver: async (...given) => {
        seen.push(dispatcher.restsAt);
        await deliver(...given);
      },
    });
    // Also while it is not yet on record that tries begin: without a row they would be over for whoever starts again.
    const recorded: (number | null)[] = [];
    const record = journal.step.bind(journal);
    journal.step = async (name, given) => {
      if (given.started.length > 0) recorded.push(dispatcher.restsAt);
      await record(name, given);
    };
    expect(dispatcher.restsAt).toBeNull();
    const running = dispatcher.run();
    await vi.waitFor(() => expect(seen).toHaveLength(2), { timeout: 30_000 });
    // The second one waits for its next try.
    expect(dispatcher.restsAt).toBeNull();
    dispatcher.finish();
    await clock.runUntil(running);
    expect([seen, recorded]).toEqual([Array(4).fill(null), recorded.map(() => null)]);
    expect(recorded.length).toBeGreaterThan(1);
    expect(dispatcher.restsAt).toBe(3);
    dispatcher.notify();
    expect(dispatcher.restsAt).toBeNull();
  });

  test("does not rest while everything is put back to be read again", async () => {
    const { journal, dispatcher, run } = await dispatchRig({
      log: makeLog(1, 3),
      deliver: failing("retry"),
      policy: { attemptsMax: 4 },
    });
    const seen: (number | null)[] = [];
    let requests = 0;
    // Whenever it looks, somebody has asked for something.
    journal.requests = () => Promise.resolve((requests += 1));
    const kept = journal.kept.bind(journal);
    journal.kept = async (...given) => {
      seen.push(dispatcher.restsAt);
      return await kept(...given);
    };
    await expect(run()).resolves.toMatchObject({ delivered: 0, dead: 3 });
    expect(seen.length).toBeGreaterThan(5);
    expect(seen).toEqual(seen.map(() => null));
  });

  test("does not rest while it looks whether what it has just read was asked for anew", async () => {
    const { journal, dispatcher, run } = await dispatchRig({ log: makeLog(1, 3) });
    await journal.addSink("app");
    await step(journal, { started: [1, 2, 3] });
    await step(journal, { finished: [1, 2, 3].map(delivered), lowSeq: 3 });
    await journal.requestReplay("app", { ids: ["event_000002"] });
    const seen: (number | null)[] = [];
    const requests = journal.requests.bind(journal);
    journal.requests = (name) => {
      seen.push(dispatcher.restsAt);
      return requests(name);
    };
    await expect(run()).resolves.toMatchObject({ delivered: 1 });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen).toEqual(seen.map(() => null));
  });

  test("reads nothing that its mark was moved over, and goes on behind it", async () => {
    const { dispatcher, journal, clock, tried } = await dispatchRig({ log: makeLog(1, 3) });
    const running = dispatcher.run();
    await vi.waitFor(() => expect(dispatcher.restsAt).toBe(3), { timeout: 30_000 });
    const later = makeLog(4, 8);
    await journal.append({ events: later, expectedCursor: makeLog(3, 3)[0]?.id ?? "", receivedAtMs: 0 });
    dispatcher.passOver(6);
    expect([dispatcher.restsAt, dispatcher.lowSeq]).toEqual([6, 6]);
    dispatcher.notify();
    dispatcher.finish();
    await clock.runUntil(running);
    expect(tried.slice(3)).toEqual(later.slice(3).map(({ id }) => id));
    expect(dispatcher.lowSeq).toBe(8);
  });
});
