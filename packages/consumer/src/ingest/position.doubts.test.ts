import { ConnectionError, ContractError, type DirectoryEvent } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { makeEvent, makeLog } from "../fixtures/events.ts";
import { ingestRig } from "../fixtures/ingest-rig.ts";
import { step } from "../fixtures/journal-steps.ts";
import { badRequest, beginMs, dayMs, hourMs, ids, idsIn, later, readBefore, resumed } from "../fixtures/resumed-rig.ts";
import type { ScriptedSource } from "../fixtures/scripted-source.ts";
import type { EventPage, EventSource } from "../model.ts";

/** What the client says of a page that holds the event it should follow. */
const ignored = (): ContractError => new ContractError("the event itself", { code: "cursor_ignored", issues: [] });

/** What is logged where the page comes from upstream's list, by time. */
const followed = "upstream did not go on from the cursor; its list does, and was followed";

describe("a cursor that upstream refuses again and again", () => {
  test("is seen through where upstream lists its event: the list is followed, and nothing is taken twice", async () => {
    const log = [...makeLog(1, 5), ...later(0, 6, 8)];
    const { source, journal, run, facts, clock } = await resumed(1, { log });
    answerTo(source, "event_000005", () => {
      throw badRequest();
    });
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(log));
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000008", gaps: [] });
    expect(facts).toEqual([]);
    expect(clock.messages("warn")).toEqual([followed]);
  });

  test("and answers with its event to the second look is seen through as well", async () => {
    const log = [...makeLog(1, 5), ...later(0, 6, 8)];
    const { source, journal, run, clock } = await resumed(1, { log });
    source.fail(badRequest()).next(() => source.pageAfter(null));
    source.fail(ignored());
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(log));
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000008", gaps: [] });
    expect(clock.messages("warn")).toEqual([followed]);
  });

  test("is asked about once more where upstream could not be reached for the second look", async () => {
    const log = [...makeLog(1, 5), ...later(0, 6, 6)];
    const { source, journal, runFor, facts, clock } = await resumed(1, { log });
    source.fail(badRequest()).next(() => source.pageAfter(null));
    source.fail(new ConnectionError("reset", { code: "unreachable" }));
    await runFor(hourMs);
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000006", gaps: [] });
    expect(facts).toEqual([]);
    expect(clock.messages("warn")).toEqual(["cannot read the log; will try again"]);
  });

  test("is not renewed from an event before it that upstream answers with something older still", async () => {
    const log = [...makeLog(1, 4), ...later(1, 8, 9)];
    const { source, journal, run } = await resumed(1, { log });
    // As a service would that looks an unknown id up and ends somewhere else.
    const astray = (): EventPage => source.pageAfter("event_000001");
    answerTo(source, "event_000004", astray);
    answerTo(source, "event_000003", astray);
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(1, 8, 9)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "rolled_back" }] });
  });
});

describe("a log that still has older events and not the cursor's, of which the ones before it are forgotten here", () => {
  test("is read on from the cursor's time, and has expired where upstream need not have kept it", async () => {
    const { journal, run, source } = await resumed(40, { log: makeLog(1, 4), journal: await forgetful() });
    await run({ once: true });
    source.log.push(...later(41, 8, 9));
    await run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(5, 5), later(41, 8, 9)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "expired" }] });
  });

  test("was reset where none of its directories is ours any more", async () => {
    const { journal, runFor, source, clock } = await resumed(1, { log: makeLog(1, 5), journal: await forgetful() });
    const others = [...makeLog(1, 3), ...later(2, 8, 9)].map((event) => ofOther(event));
    void clock.runtime.sleep(60_000).then(() => source.log.splice(0, 5, ...others));
    await runFor(hourMs);
    await expect(idsIn(journal)).resolves.toEqual(["event_000005", "other_event_000008", "other_event_000009"]);
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "reset" }] });
  });
});

describe("whose log it is, is told by its directories", () => {
  const others = Array.from({ length: 9 }, (_none, index) => ofOther(makeEvent(index + 1, { second: index - 900 })));

  test("also where ours comes up pages later, and only in what is older than the cursor", async () => {
    const log = [...others, makeEvent(77, { second: -600 })];
    const { journal, run } = await resumed(1, { log, pageSize: 2 });
    await run({ once: true });
    await expect(journal.status()).resolves.toMatchObject({ cursor: null, gaps: [{ reason: "rolled_back" }] });
  });

  test("(control) and it is another's where none of them is ours", async () => {
    const { journal, run } = await resumed(1, { log: others, pageSize: 2 });
    await expect(run({ once: true })).rejects.toMatchObject({ code: "unknown_log" });
    await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000005", gaps: [] });
  });
});

describe("a start at an event", () => {
  const start = { from: "event", id: "event_000003" } as const;

  test("is taken where upstream refuses it only once", async () => {
    const { source, journal, run, clock } = await ingestRig({ log: makeLog(1, 5) });
    source.fail(badRequest());
    await run({ once: true, start });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(4, 5)));
    expect(clock.messages("warn")).toEqual([]);
  });

  test("is asked for again where upstream answers with that event", async () => {
    const { source, journal, runFor } = await ingestRig({ log: makeLog(1, 5) });
    source.fail(ignored());
    await runFor(hourMs, { start });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(4, 5)));
  });

  test("that upstream has forgotten, with its end seen and nothing read since, is renewed without a gap", async () => {
    const { journal, again } = await startedAtTheEnd(5);
    await again.run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(later(4, 6, 7)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [] });
  });

  test("(control) opens a gap when its end was seen longer ago than upstream keeps events", async () => {
    const { journal, again } = await startedAtTheEnd(40);
    await again.run({ once: true });
    await expect(idsIn(journal)).resolves.toEqual(ids(later(4, 6, 7)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "expired" }] });
  });

  async function startedAtTheEnd(days: number) {
    const first = await ingestRig({ log: makeLog(1, 3) });
    // An empty page by itself does not prove that the end was seen.
    first.source.next(() => first.source.pageAfter("event_000003"));
    await first.run({ once: true, start });
    await first.journal.markCaughtUp(beginMs, beginMs);
    const again = await resumed(days, { log: later(4, 6, 7), journal: first.journal });
    return { journal: first.journal, again: { run: (given: object) => again.run({ ...given, start }) } };
  }
});

describe("a service that does not say what time it is", () => {
  test("is judged by our clock: what it need not have kept is renewed without a gap", async () => {
    const journal = await readBefore();
    await (await resumed(25, { log: makeLog(1, 5), journal })).run({ once: true });
    const { run, source } = await resumed(31, { log: later(30, 6, 7), journal });
    await run({ once: true, source: clockless(source) });
    await expect(idsIn(journal)).resolves.toEqual(ids(makeLog(1, 5), later(30, 6, 7)));
    await expect(journal.status()).resolves.toMatchObject({ gaps: [] });
  });

  test("(control) and what was not seen for longer opens a gap", async () => {
    const { run, source, journal } = await resumed(40, { log: later(12, 8, 9) });
    await run({ once: true, source: clockless(source) });
    await expect(journal.status()).resolves.toMatchObject({ gaps: [{ reason: "expired" }] });
  });
});

test("an event whose time nobody understands is looked for by its page alone, and reading goes on", async () => {
  const odd: DirectoryEvent = { ...makeEvent(5), created_at: "2026-01-15 noon" };
  const log = [...makeLog(1, 4), odd];
  const journal = await readBeforeOf(log);
  const { run } = await resumed(1, { log: [...log, ...later(1, 6, 7)], journal });
  await run({ once: true });
  await expect(idsIn(journal)).resolves.toEqual(ids(log, later(1, 6, 7)));
  await expect(journal.status()).resolves.toMatchObject({ cursor: "event_000007", gaps: [] });
});

/** Has the source answer so to what comes after this event. */
function answerTo(source: ScriptedSource, cursor: string, answer: () => EventPage): void {
  const rightly = source.pageAfter.bind(source);
  source.pageAfter = (after, start) => (after === cursor ? answer() : rightly(after, start));
}

function clockless(source: ScriptedSource): EventSource {
  return {
    identity: source.identity,
    read: async (after, start, signal) => {
      const { events, hasMore } = await source.read(after, start, signal);
      return { events, hasMore };
    },
  };
}

/** A journal that has read five events, and has forgotten all before the cursor. */
async function forgetful() {
  const journal = await readBefore();
  await journal.addSink("app");
  await step(journal, { lowSeq: 5 });
  await journal.prune(beginMs + 10 * dayMs, 100);
  return journal;
}

async function readBeforeOf(log: readonly DirectoryEvent[]) {
  const { run, journal } = await ingestRig({ log });
  await run({ once: true });
  return journal;
}

function ofOther(event: DirectoryEvent): DirectoryEvent {
  const data = { ...event.data, directory_id: "directory_other" };
  return { ...event, id: `other_${event.id}`, data } as DirectoryEvent;
}
