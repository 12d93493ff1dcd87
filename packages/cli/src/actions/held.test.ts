import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guardedCode, type Journal, openJournal } from "@dirsync/consumer";
import { expect, onTestFinished, test } from "vitest";
import { decideHeld, heldIn } from "./held.ts";

const ids = ["u1", "u2", "u3"];

/** Three people whose deletion a guard holds. */
async function journalOfHeld(): Promise<Journal> {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-held-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const journal = await openJournal({ path: join(folder, "tail.db"), role: "holder" });
  onTestFinished(() => journal.close());
  await journal.bind("https://log.test", { from: "start" });
  const events = ids.map((id) => ({
    object: "event" as const,
    id: `event_${id}`,
    event: "dsync.user.deleted",
    data: { id, directory_id: "d1" },
    created_at: "2026-01-15T12:00:00.000Z",
  }));
  await journal.append({ events, expectedCursor: null, receivedAtMs: 0 });
  await journal.addSink("app");
  const failure = { code: guardedCode, message: "held", verdict: "dead" } as const;
  const finished = events.map((_event, index) => ({ seq: index + 1, result: "dead" as const, failure }));
  await journal.step("app", { finished: [], started: [1, 2, 3], lowSeq: 0, nowMs: 0 });
  await journal.step("app", { finished, started: [], lowSeq: 3, nowMs: 0 });
  return journal;
}

test.each([
  ["let go on", false],
  ["given up", true],
])(
  "what is held is %s also where somebody else has decided about one of them meanwhile",
  async (_what, isDiscarded) => {
    const journal = await journalOfHeld();
    const [held] = await heldIn(journal);
    if (held === undefined) throw new Error("Nothing is held.");
    await journal.discard("app", 1);
    await expect(decideHeld(journal, held, isDiscarded)).resolves.toEqual({ done: 2, overtaken: 0 });
    await expect(journal.deadLetterKeys()).resolves.toEqual([]);
  },
);
