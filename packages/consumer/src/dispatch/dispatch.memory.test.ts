import { describe, expect, test } from "vitest";
import { dispatchRig, until } from "../fixtures/dispatch-rig.ts";
import { makeEvent } from "../fixtures/events.ts";
import { holdJournal } from "../fixtures/state-file.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import type { Journal } from "../journal/model.ts";

const mebibyte = 1024 * 1024;

/** A journal with so many events of a mebibyte each. */
async function fullJournal(count: number, mebibytes = 1): Promise<Journal> {
  const journal = await holdJournal();
  const note = "x".repeat(mebibytes * mebibyte);
  let expectedCursor: string | null = null;
  for (let number = 1; number <= count; number += 1) {
    const data = { id: `u${number}`, directory_id: "d1", note };
    const event = makeEvent(number, { name: "dsync.user.updated", data });
    await journal.append({ events: [event], expectedCursor, receivedAtMs: 0 });
    expectedCursor = event.id;
  }
  return journal;
}

describe("huge events", () => {
  test("are read a few at a time, in whatever number was asked for", async () => {
    const journal = await fullJournal(20);
    await journal.addSink("app");
    const first = await journal.read("app", 0, 500);
    expect(first.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await expect(journal.read("app", 8, 500)).resolves.toHaveLength(8);
    await expect(journal.read("app", 16, 500)).resolves.toHaveLength(4);
  });

  test("are read one at a time where one is more than all of that", async () => {
    const journal = await fullJournal(2, 12);
    await journal.addSink("app");
    await expect(journal.read("app", 0, 500)).resolves.toMatchObject([{ seq: 1 }]);
    await expect(journal.read("app", 1, 500)).resolves.toMatchObject([{ seq: 2 }]);
  });

  test("do not pile up in memory behind one that takes its time, and all arrive in the end", async () => {
    const clock = new VirtualClock();
    const journal = await fullJournal(64);
    let held = 0;
    let heldMax = 0;
    const counting = new Proxy(journal, {
      get: (target, name) => {
        if (name === "read") {
          return async (...given: Parameters<Journal["read"]>) => {
            const items = await target.read(...given);
            held += items.length;
            heldMax = Math.max(heldMax, held);
            return items;
          };
        }
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    const seen: string[] = [];
    const { dispatcher } = await dispatchRig({
      journal: counting,
      clock,
      deliver: async ({ id }) => {
        if (seen.length === 0) await clock.runtime.sleep(10_000);
        seen.push(id);
        held -= 1;
      },
    });
    const running = dispatcher.run();
    await clock.runUntil(until(clock, () => Promise.resolve(seen.length === 64)));
    dispatcher.finish();
    await clock.runUntil(running);
    // Thirty-two mebibytes, and what the last read brought.
    expect(heldMax).toBeGreaterThan(30);
    expect(heldMax).toBeLessThanOrEqual(40);
    expect(seen).toEqual([...seen].sort((one, other) => one.localeCompare(other)));
  });
});
