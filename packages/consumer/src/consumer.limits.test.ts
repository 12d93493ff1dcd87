import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { createConsumer } from "./consumer.ts";
import { consumerRig, recordingSink } from "./fixtures/consumer-rig.ts";
import { makeLog } from "./fixtures/events.ts";
import { ScriptedSource } from "./fixtures/scripted-source.ts";
import { holdJournal, holdLimitedJournal, newStateFile } from "./fixtures/state-file.ts";
import { VirtualClock } from "./fixtures/virtual-clock.ts";
import type { Journal } from "./journal/model.ts";
import { connect } from "./journal/sqlite.ts";

/** A journal in which every try that is recorded needs a page more, and a switch that takes the space away. */
async function hungryJournal(): Promise<{ journal: Journal; fill: () => void; free: () => void }> {
  const { journal, database } = await holdLimitedJournal();
  database.exec("CREATE TABLE filler (a)");
  // What begins is in the sink's row or in a row of its own (ADR 18).
  const grow = "BEGIN INSERT INTO filler VALUES (randomblob(5000)); END";
  database.exec(`CREATE TRIGGER grow_by_row AFTER INSERT ON work ${grow}`);
  database.exec(`CREATE TRIGGER grow_by_stretch AFTER UPDATE OF begun ON sink WHEN new.begun <> old.begun ${grow}`);
  const limit = (pages: unknown): void => void database.pragma(`max_page_count = ${String(pages)}`);
  return {
    journal,
    fill: () => limit(database.pragma("page_count", { simple: true })),
    free: () => limit(1_000_000),
  };
}

const heavyBytes = 10_000;

/** Events of about so many bytes each. */
function heavyLog(first: number, last: number): DirectoryEvent[] {
  return makeLog(first, last).map((event) => ({ ...event, data: { ...event.data, note: "x".repeat(heavyBytes) } }));
}

describe("a full disk", () => {
  test("holds deliveries and reading, and both go on by themselves when there is space", async () => {
    const { journal, fill, free } = await hungryJournal();
    const { clock, make } = await consumerRig(makeLog(1, 300), journal);
    let isFull = false;
    const triedWhileFull: string[] = [];
    const sink = recordingSink("app", ({ id }) => {
      if (isFull) triedWhileFull.push(id);
      if (id === "event_000150") {
        isFull = true;
        fill();
      }
      return Promise.resolve();
    });
    const fullUntilMs = clock.nowMs + 60_000;
    void clock.runtime.sleep(60_000).then(() => {
      isFull = false;
      free();
    });
    const report = await clock.runUntil(make([sink]).run({ once: true }));
    expect(report).toMatchObject({ received: 300, sinks: [{ delivered: 300, dead: 0 }] });
    expect(sink.seen).toEqual(makeLog(1, 300).map(({ id }) => id));
    expect(triedWhileFull).toEqual([]);
    expect(clock.messages("error")).toEqual(["the state file refuses writes; waiting"]);
    expect(clock.nowMs).toBeGreaterThanOrEqual(fullUntilMs);
  });

  test("that ends while the process is stopping begins nothing, and charges nothing", async () => {
    const { journal, fill, free } = await hungryJournal();
    const { clock, make, source, drain } = await consumerRig(makeLog(1, 1), journal);
    await journal.bind(source.identity, { from: "start" });
    await journal.append({ events: makeLog(1, 1), expectedCursor: null, receivedAtMs: clock.nowMs });
    await journal.addSink("app");
    fill();
    void clock.runtime.sleep(5_000).then(() => drain.abort());
    void clock.runtime.sleep(10_000).then(free);
    const sink = recordingSink();
    await expect(clock.runUntil(make([sink]).run({ drain: drain.signal }))).resolves.toMatchObject({ isDrained: true });
    expect(sink.seen).toEqual([]);
    await expect(journal.read("app", 0, 1)).resolves.toMatchObject([{ attempts: 0 }]);
    expect(clock.messages("warn")).toEqual([expect.stringContaining("the end waits for the state file")]);
  });
});

test("told to drain while somebody else writes to the file, the run ends well and the page is read next time", async () => {
  const path = newStateFile();
  const journal = await holdJournal(path);
  const { clock, make, source, drain } = await consumerRig(makeLog(1, 3), journal);
  const visitor = connect(path, { busyTimeoutMs: 0 });
  source.next(() => {
    visitor.exec("BEGIN IMMEDIATE");
    void clock.runtime.sleep(700).then(() => drain.abort());
    void clock.runtime.sleep(800).then(() => visitor.exec("ROLLBACK"));
    return source.pageAfter(null);
  });
  const running = make([recordingSink()]).run({ drain: drain.signal });
  await expect(clock.runUntil(running)).resolves.toMatchObject({ received: 0, isDrained: true });
  await clock.runUntil(clock.runtime.sleep(1_000));
  visitor.close();
  await expect(clock.runUntil(make([recordingSink()]).run({ once: true }))).resolves.toMatchObject({ received: 3 });
});

describe("a sink that is far behind", () => {
  test("stops the reading at the limit; a halted one does not", async () => {
    const { clock, make, journal, drain, source } = await consumerRig(makeLog(1, 2_000));
    const stuck = recordingSink("stuck", () => clock.runtime.sleep(20_000));
    const halted = recordingSink("halted", () => Promise.reject(new SinkError("no", { verdict: "halt" })));
    void clock.runtime.sleep(15_000).then(() => drain.abort());
    const run = make([stuck, halted], { backlogMax: 250 }).run({ drain: drain.signal });
    await clock.runUntil(run);
    expect((await journal.status()).headSeq).toBe(300);
    // One page more was asked for ahead, and waits in memory.
    expect(source.reads).toHaveLength(4);
  });

  test("stops the reading by what its events weigh, with at most a page more, and after a restart too", async () => {
    const { clock, make, journal, drain, source } = await consumerRig(heavyLog(1, 2_000));
    const isStuck = { now: true };
    const sink = recordingSink("app", () => (isStuck.now ? clock.runtime.sleep(3_600_000) : Promise.resolve()));
    const limits = { backlogBytesMax: 250 * heavyBytes, drainTimeoutMs: 1 };
    void clock.runtime.sleep(15_000).then(() => drain.abort());
    await clock.runUntil(make([sink], limits).run({ drain: drain.signal }));
    expect((await journal.status()).headSeq).toBe(300);
    expect(clock.messages("warn")).toContain("a sink is too far behind; reading waits for it");

    // Nothing of the process before is left but the file.
    const later = new AbortController();
    const before = source.reads.length;
    void clock.runtime.sleep(15_000).then(() => later.abort());
    await clock.runUntil(make([sink], limits).run({ drain: later.signal }));
    expect((await journal.status()).headSeq).toBe(300);
    expect(source.reads.length - before).toBeLessThanOrEqual(1);

    isStuck.now = false;
    await clock.runUntil(make([sink], limits).run({ once: true }));
    expect((await journal.status()).headSeq).toBe(2_000);
    expect(clock.messages("info")).toContain("the sinks have caught up; reading goes on");
  }, 30_000);

  test("does not stop the reading once it is halted, as long as another goes on", async () => {
    const { clock, make, journal } = await consumerRig(makeLog(1, 2_000));
    const halted = recordingSink("halted", () => Promise.reject(new SinkError("no", { verdict: "halt" })));
    await clock.runUntil(make([recordingSink(), halted], { backlogMax: 250 }).run({ once: true }));
    expect((await journal.status()).headSeq).toBe(2_000);
  }, 30_000);
});

describe("old events", () => {
  const dayMs = 24 * 3_600_000;

  test("are forgotten at the start of a run a week later, step by step", async () => {
    const journal = await holdJournal();
    const clock = new VirtualClock();
    const source = new ScriptedSource([]);
    await journal.bind(source.identity, { from: "start" });
    const log = makeLog(1, 6_000);
    await journal.append({ events: log, expectedCursor: null, receivedAtMs: clock.nowMs - 8 * dayMs });
    source.log.push(...log);
    await journal.addSink("app");
    await journal.step("app", { finished: [], started: [], lowSeq: 6_000, nowMs: 0 });
    const drain = new AbortController();
    void clock.runtime.sleep(2_000).then(() => drain.abort());
    const consumer = createConsumer({
      source,
      journal,
      sinks: [{ sink: recordingSink() }],
      runtime: clock.runtime,
    });
    await clock.runUntil(consumer.run({ drain: drain.signal }));
    expect(
      clock.log.filter(({ message }) => message.startsWith("forgot")).map(({ fields }) => fields["count"]),
    ).toEqual([5_000, 999]);
  });
});
