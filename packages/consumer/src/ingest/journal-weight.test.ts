import fc from "fast-check";
import { expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { holdJournal } from "../fixtures/state-file.ts";
import { JournalWeight } from "./journal-weight.ts";

/** What a stretch may hold that is finished with and still counted. */
const stretchBytesMax = 256 * 1024;

/** A journal of events of these sizes, which counts the rows that it was asked to look at. */
function journalOf(sizes: readonly number[]): { bytesOf: JournalBytes; rows: () => number } {
  let rows = 0;
  const bytesOf: JournalBytes = (afterSeq, upToSeq) => {
    rows += upToSeq - afterSeq;
    return Promise.resolve(sum(sizes.slice(afterSeq, upToSeq)));
  };
  return { bytesOf, rows: () => rows };
}

type JournalBytes = (afterSeq: number, upToSeq: number) => Promise<number>;

const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

test("the journal tells how many bytes of events there are between two positions, and not how many characters", async () => {
  const journal = await holdJournal();
  const events = ["a", "é", "日本", "😀"].map((note, index) => makeEvent(index + 1, { data: { note } }));
  await journal.bind("log", { from: "start" });
  await journal.append({ events, expectedCursor: null, receivedAtMs: 0 });
  const sizes = events.map((event) => Buffer.byteLength(JSON.stringify(event)));
  await expect(journal.bytesOf(0, 4)).resolves.toBe(sum(sizes));
  await expect(journal.bytesOf(1, 3)).resolves.toBe(sum(sizes.slice(1, 3)));
  await expect(journal.bytesOf(4, 4)).resolves.toBe(0);
});

test("what waits is weighed as by adding it all up, give or take one stretch that is half done", async () => {
  const marks = fc.array(fc.record({ grown: fc.nat(700), done: fc.nat(1_000), isNew: fc.nat(19) }), { maxLength: 30 });
  const heavy = fc.constantFrom(10, 2_000, 90_000);
  await fc.assert(
    fc.asyncProperty(marks, heavy, fc.integer({ min: 1 }), async (steps, sizeMax, seed) => {
      const sizes = Array.from({ length: 22_000 }, (_, index) => ((index * 7_919 + seed) % sizeMax) + 1);
      const weight = new JournalWeight(journalOf(sizes));
      let [low, head] = [0, 0];
      for (const { grown, done, isNew } of steps) {
        head += grown;
        // Now and then a sink comes in that is at the start.
        low = isNew === 0 ? 0 : Math.min(head, low + done);
        const exact = sum(sizes.slice(low, head));
        const weighed = await weight.between(low, head);
        expect(weighed).toBeGreaterThanOrEqual(exact);
        expect(weighed - exact).toBeLessThan(Math.max(stretchBytesMax, 100 * sizeMax));
      }
      await expect(weight.between(head, head)).resolves.toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("a look costs what is new and not what waits", async () => {
  const journal = journalOf(Array.from({ length: 60_000 }, () => 2_500));
  const weight = new JournalWeight(journal);
  await weight.between(0, 50_000);
  expect(journal.rows()).toBe(50_000);
  for (let head = 50_100; head <= 60_000; head += 100) await weight.between(head - 50_000, head);
  expect(journal.rows()).toBe(60_000);
});

test("while the sinks keep up, only what they have not finished is looked at", async () => {
  const journal = journalOf(Array.from({ length: 60_000 }, () => 2_500));
  const weight = new JournalWeight(journal);
  await expect(weight.between(50_000, 50_000)).resolves.toBe(0);
  await weight.between(50_900, 51_000);
  expect(journal.rows()).toBe(100);
});
