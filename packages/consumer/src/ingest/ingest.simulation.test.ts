/**
 * Random lives of a reader against an upstream that forgets, is reset, is put back, repeats itself and says nothing; with
 * restarts, long absences and a journal that forgets in between. At the end an independent look at what was delivered.
 */
import { isDirsyncError } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { FickleUpstream } from "../fixtures/fickle-upstream.ts";
import { type ReaderHistory, readerViolations } from "../fixtures/reader-history.ts";
import { seededRandom } from "../fixtures/seeded-random.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import { ingest } from "./ingest.ts";
import type { Journal } from "../journal/model.ts";
import { openJournal } from "../journal/open.ts";
import type { Cursor, Gap } from "../model.ts";

/** `npm run test:fault` sets it to 120. */
const seeds = Number(process.env["DIRSYNC_TEST_SEEDS"] ?? 8);
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const keptMs = 7 * dayMs;

interface World {
  readonly random: () => number;
  readonly upstream: FickleUpstream;
  /** True when nothing is lost in it: then there must be no gap. */
  readonly isCalm: boolean;
  readonly delivered: string[];
  nowMs: number;
}

function worldOf(seed: number): World {
  const random = seededRandom(seed);
  const kinds = ["refused", "restarted", "empty"] as const;
  const unknownCursor = kinds[seed % kinds.length] ?? "refused";
  const isCalm = random() < 0.4;
  // Short in a calm world, so that cursors age out in it although nobody is away for long.
  const retentionMs = (isCalm ? 10 : 30) * dayMs;
  const world: World = {
    random,
    upstream: new FickleUpstream({ random, now: () => world.nowMs, unknownCursor, retentionMs }),
    isCalm,
    delivered: [],
    nowMs: Date.parse("2026-01-15T12:00:00.000Z"),
  };
  return world;
}

/** What happens between two lives of the reader, or during one. */
function happen({ upstream, random, isCalm }: World): void {
  const what = random();
  if (what < (isCalm ? 0.4 : 0.9)) upstream.publish(1 + Math.floor(random() * 20));
  if (isCalm) return;
  if (what < 0.1) upstream.reset();
  else if (what < 0.2) upstream.rollBack();
  // What a service has behind it after that is new.
  if (what < 0.15) upstream.publish(1 + Math.floor(random() * 5));
}

/** How long the reader is away: mostly minutes, sometimes days, and where something may be lost even weeks. */
function absenceMs({ upstream, random, isCalm }: World): number {
  const longMs = isCalm ? upstream.retentionMs * 0.4 : 45 * dayMs;
  const ms = Math.round(random() < 0.6 ? random() * hourMs : random() * longMs);
  // From there on upstream may have forgotten what was never read, and nobody can know.
  if (!isCalm && ms > upstream.retentionMs * 0.4) upstream.hasLost = true;
  return ms;
}

/** Something that happens during a life, so long after it has begun. */
interface Incident {
  readonly afterMs: number;
  readonly work: () => void;
}

/** One process on the journal, which is told to stop after a time. */
async function live(
  world: World,
  journal: Journal,
  { forMs, incidents }: { forMs: number; incidents: readonly Incident[] },
): Promise<void> {
  const clock = new VirtualClock({ startMs: world.nowMs, random: world.random });
  const end = new AbortController();
  for (const { afterMs, work } of incidents) {
    void clock.runtime.sleep(afterMs).then(() => {
      world.nowMs = clock.nowMs;
      work();
    });
  }
  void clock.runtime.sleep(forMs).then(() => end.abort());
  const { upstream } = world;
  const running = ingest({
    source: {
      identity: upstream.identity,
      read: (after, start, signal) => {
        world.nowMs = clock.nowMs;
        return upstream.read(after, start, signal);
      },
    },
    journal,
    start: { from: "start" },
    runtime: clock.runtime,
    pollMs: 4 * minuteMs,
    once: false,
    onAppended: () => undefined,
    retentionMs: upstream.retentionMs,
    signal: end.signal,
  });
  await clock.runUntil(
    running.catch((error: unknown) => {
      // An upstream without any event is not known to be ours: a person looks, and starts it again.
      if (!isDirsyncError(error) || error.code !== "unknown_log") throw error;
    }),
  );
  world.nowMs = Math.max(world.nowMs, clock.nowMs);
}

/** Takes what is new in the journal, and forgets what is old. */
async function deliver({ delivered, nowMs }: World, journal: Journal): Promise<void> {
  const { lowSeq } = await journal.addSink("app");
  const items = await journal.read("app", lowSeq, 100_000);
  delivered.push(...items.map(({ event }) => event.id));
  const last = items.at(-1);
  if (last === undefined) return;
  const finished = items.map(({ seq }) => ({ seq, result: "delivered" as const }));
  await journal.step("app", { finished, started: [], lowSeq: last.seq, nowMs });
  await journal.prune(nowMs - keptMs, 100_000);
}

/** Some events, and once they have been read one that belongs before them. */
function lateComing({ upstream, random }: World): readonly Incident[] {
  return [
    { afterMs: 20 * minuteMs, work: () => upstream.publish(3) },
    { afterMs: 30 * minuteMs, work: () => upstream.publishLate(Math.round((10 + 2 * random()) * minuteMs)) },
  ];
}

async function historyOf(seed: number): Promise<ReaderHistory> {
  const world = worldOf(seed);
  const { upstream, random } = world;
  const path = newStateFile();
  upstream.publish(10);
  for (let lives = 0; lives < 10; lives += 1) {
    upstream.faultShare = random() < 0.5 ? random() * 0.3 : 0;
    const isLateComing = random() < 0.3;
    const journal = await openJournal({ path, role: "holder" });
    const incidents = isLateComing ? lateComing(world) : [{ afterMs: 20 * minuteMs, work: () => happen(world) }];
    // What comes late is found while the reader stays.
    await live(world, journal, { forMs: isLateComing ? 2 * hourMs : Math.round(random() * 4 * hourMs), incidents });
    await deliver(world, journal);
    await journal.close();
    world.nowMs += absenceMs(world);
    happen(world);
  }
  upstream.faultShare = 0;
  upstream.publish(2);
  const journal = await openJournal({ path, role: "holder" });
  await live(world, journal, { forMs: 2 * hourMs, incidents: [{ afterMs: hourMs, work: () => upstream.publish(1) }] });
  await deliver(world, journal);
  const { gaps } = await journal.status();
  await journal.close();
  const { published, late, hasLost } = upstream;
  return { published, late, hasLost, delivered: world.delivered, gaps };
}

test.each(Array.from({ length: seeds }, (_, index) => index + 1))(
  "nothing is lost without a gap on record, nothing comes twice (seed %i)",
  async (seed) => {
    const history = await historyOf(seed);
    expect(readerViolations(history)).toEqual([]);
    expect(history.delivered.length).toBeGreaterThan(0);
  },
);

describe("(control) the same look finds", () => {
  test("that a gap is not on record, wherever events are missing", async () => {
    const histories = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => historyOf(seed)));
    const incomplete = histories.filter(({ published, delivered }) => delivered.length < published.length);
    expect(incomplete.length).toBeGreaterThan(1);
    for (const history of incomplete) {
      expect(readerViolations({ ...history, gaps: [] })).toContainEqual(expect.stringMatching(/^lost: /));
    }
  });

  test("an event that is missing, twice, invented or in the wrong place, and a gap for nothing", async () => {
    const history = await historyOf(1);
    const { delivered } = history;
    const [first = "", second = "", ...rest] = delivered;
    expect(readerViolations({ ...history, gaps: [], delivered: [first, ...rest] })).toContain(`lost: ${second}`);
    expect(readerViolations({ ...history, delivered: [first, ...delivered] })).toContain(`delivered twice: ${first}`);
    expect(readerViolations({ ...history, delivered: [...delivered, "event_x"] })).toContain("invented: event_x");
    expect(readerViolations({ ...history, delivered: [second, first, ...rest] })).toContain("out of order");
    const gap: Gap = {
      id: 1,
      openedAtMs: 0,
      reason: "reset",
      fromCursor: null,
      verifiedThroughAtMs: null,
      resumedAtMs: null,
    };
    expect(readerViolations({ ...history, hasLost: false, gaps: [gap] })).toContain("a gap for nothing: reset");
  });

  test("what a reader does that takes every refusal for a new beginning", async () => {
    let wrong = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const world = worldOf(seed);
      const { upstream, delivered } = world;
      upstream.publish(10);
      let cursor: Cursor | null = null;
      const signal = new AbortController().signal;
      for (let round = 0; round < 60; round += 1) {
        try {
          const { events } = await upstream.read(cursor, { from: "start" }, signal);
          delivered.push(...events.map(({ id }) => id));
          cursor = events.at(-1)?.id ?? cursor;
        } catch {
          cursor = null;
        }
        happen(world);
        world.nowMs += hourMs;
      }
      const { published, late, hasLost } = upstream;
      wrong += readerViolations({ published, late, hasLost, delivered, gaps: [] }).length > 0 ? 1 : 0;
    }
    expect(wrong).toBeGreaterThan(6);
  });
});
