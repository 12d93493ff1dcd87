/** Sinks that work inside the journal's transaction: the effect and the mark are there together or not at all. */
import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { describe, expect, test, vi } from "vitest";
import { dispatchRig, type DispatchRig, type DispatchRigOptions } from "../fixtures/dispatch-rig.ts";
import { makeLog } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import { bumpEpoch, newStateFile } from "../fixtures/state-file.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import { connect } from "../journal/sqlite.ts";
import type { HandlerDatabase, HandlerStatement } from "../handler-database.ts";

const numberOf = ({ id }: DirectoryEvent): number => Number(id.slice(-6));

const insert = (database: HandlerDatabase): HandlerStatement => {
  database.exec("CREATE TABLE IF NOT EXISTS account (number INTEGER)");
  return database.prepare("INSERT INTO account (number) VALUES (?)");
};

/** What the sink has written, as another process sees it. */
function accounts(path: string): unknown[] {
  const database = connect(path, { busyTimeoutMs: 1_000, readonly: true });
  try {
    return database.compile("SELECT number FROM account").pluck().all();
  } finally {
    database.close();
  }
}

async function applyRig(options: DispatchRigOptions = {}): Promise<DispatchRig & { path: string }> {
  const path = newStateFile();
  const apply: DispatchRigOptions["apply"] = (event, _attempt, database) => {
    insert(database).run(numberOf(event));
  };
  return { ...(await dispatchRig({ path, log: makeLog(1, 5), apply, ...options })), path };
}

test.each([1, 3])("every event has its effect once (runs of %i)", async (runMax) => {
  const { run, path, tried, journal } = await applyRig({ policy: { runMax } });
  await expect(run()).resolves.toMatchObject({ delivered: 5, dead: 0 });
  expect(accounts(path)).toEqual([1, 2, 3, 4, 5]);
  expect(tried).toEqual([]);
  expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 5, pending: 0, delivered: 5 }]);
});

test("an event whose effect is there is finished, even if the process ends right behind it", async () => {
  const { run, path, journal } = await applyRig({ policy: { runMax: 5 } });
  const step = journal.step.bind(journal);
  let steps = 0;
  vi.spyOn(journal, "step").mockImplementation((...given) => {
    steps += 1;
    // The one that would record the outcomes.
    if (steps === 2) bumpEpoch(path);
    return step(...given);
  });
  await expect(run()).rejects.toMatchObject({ code: "fenced" });
  expect(accounts(path)).toEqual([1, 2, 3, 4, 5]);
  await journal.close();
  const after = await dispatchRig({
    path,
    log: [],
    apply: () => {
      throw new Error("again?");
    },
  });
  await expect(after.run()).resolves.toMatchObject({ delivered: 0, dead: 0 });
  expect((await after.journal.status()).sinks).toMatchObject([{ lowSeq: 5, pending: 0 }]);
});

test("a replay that is asked for, and looked for, before the sink has heard that it applied the event comes", async () => {
  const path = newStateFile();
  const [journal, clock] = [await boundJournal(path), new VirtualClock()];
  await append(journal, makeLog(1, 1));
  const apply = journal.apply.bind(journal);
  // Before the dispatcher has it.
  vi.spyOn(journal, "apply").mockImplementationOnce(async (...given) => {
    const applied = await apply(...given);
    await journal.requestReplay("app", { ids: ["event_000001"] });
    // The dispatcher looks for what people have asked for meanwhile.
    await clock.runtime.sleep(1_500);
    return applied;
  });
  const { run } = await applyRig({ journal, clock });
  await expect(run()).resolves.toMatchObject({ delivered: 2, dead: 0 });
  expect(accounts(path)).toEqual([1, 1]);
  expect((await journal.status()).sinks).toMatchObject([{ lowSeq: 1, pending: 0 }]);
});

describe("one that throws", () => {
  test("leaves nothing of its own, keeps what came before it, and is tried again", async () => {
    let fails = 2;
    const { run, path } = await applyRig({
      policy: { runMax: 5 },
      apply: (event, _attempt, database) => {
        insert(database).run(numberOf(event));
        if (numberOf(event) === 3 && fails-- > 0) throw new Error("constraint of the app");
      },
    });
    await expect(run()).resolves.toMatchObject({ delivered: 5 });
    expect(accounts(path)).toEqual([1, 2, 3, 4, 5]);
  });

  test("means what a rejection means: a dead letter, with nothing written", async () => {
    const { run, path, journal } = await applyRig({
      apply: (event, _attempt, database) => {
        insert(database).run(numberOf(event));
        if (numberOf(event) === 2) throw new SinkError("no", { verdict: "dead" });
      },
    });
    await expect(run()).resolves.toMatchObject({ delivered: 4, dead: 1 });
    expect(accounts(path)).toEqual([1, 3, 4, 5]);
    await expect(journal.deadLetters()).resolves.toMatchObject([{ seq: 2, attempts: 1 }]);
  });

  test("by breaking a rule of the database is like any other", async () => {
    const { run } = await applyRig({
      policy: { attemptsMax: 2 },
      apply: (_event, _attempt, database) => {
        database.exec("CREATE TABLE IF NOT EXISTS one (id INTEGER PRIMARY KEY)");
        database.prepare("INSERT INTO one VALUES (1)").run();
      },
    });
    await expect(run()).resolves.toMatchObject({ delivered: 1, dead: 4 });
  });
});

test("one that returns a promise is refused: what goes on after the transaction is not in it", async () => {
  const apply = (async (event: DirectoryEvent, _attempt: unknown, database: HandlerDatabase) => {
    insert(database).run(numberOf(event));
    await Promise.reject(new Error("later"));
  }) as unknown as NonNullable<DispatchRigOptions["apply"]>;
  const { run, path, journal } = await applyRig({ apply });
  await expect(run()).resolves.toMatchObject({ delivered: 0, halted: { code: "apply_not_synchronous" } });
  expect(() => accounts(path)).toThrow(/no such table/);
  expect((await journal.status()).sinks).toMatchObject([{ pending: 5, deadLetters: 0 }]);
});
