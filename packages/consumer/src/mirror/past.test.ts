import { describe, expect, test } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { append, boundJournal } from "../fixtures/journal-steps.ts";
import { makeMirrorLog } from "../fixtures/mirror-log.ts";
import { contentsAfter } from "../fixtures/naive-mirror.ts";
import { seededRandom } from "../fixtures/seeded-random.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Journal } from "../journal/model.ts";
import { connect } from "../journal/sqlite.ts";
import { openMirrorAt, type PastMirror } from "./open.ts";

/** Seconds after the fixtures' beginning, as a time. */
const at = (second: number): string => new Date(Date.parse("2026-01-15T12:00:00.000Z") + second * 1_000).toISOString();

async function idsOf(rows: AsyncIterable<{ readonly id: string }>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of rows) ids.push(id);
  return ids;
}

async function contentsOf(mirror: PastMirror): Promise<Record<string, readonly string[]>> {
  const memberships: string[] = [];
  for await (const each of mirror.memberships()) memberships.push(`${each.group_id} ${each.user_id}`);
  const [directories, users] = [await idsOf(mirror.directories()), await idsOf(mirror.users())];
  return { directories, users, groups: await idsOf(mirror.groups()), memberships };
}

describe("the mirror as of a time", () => {
  test("is what the events up to then come to, at every time there is", async () => {
    const log = makeMirrorLog({ random: seededRandom(11), events: 60, manner: "any" });
    const path = newStateFile();
    await append(await boundJournal(path), log);
    for (let second = 0; second <= 61; second += 5) {
      const mirror = await openMirrorAt(path, at(second));
      const { directories, users, groups, memberships } = contentsAfter(log.slice(0, second));
      await expect(contentsOf(mirror)).resolves.toEqual({
        directories: Object.keys(directories).sort(),
        users: Object.keys(users).sort(),
        groups: Object.keys(groups).sort(),
        memberships,
      });
      expect(mirror.last?.id).toBe(log[Math.min(second, 60) - 1]?.id);
      await mirror.close();
    }
  });

  test("takes what was found late for when it was made, and says what was purged", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    const email = "ada@acme.test";
    const ada = { id: "u9", directory_id: "d1", email };
    await append(journal, [makeEvent(1, { user: "u1" }), makeEvent(9, { data: ada }), makeEvent(10, { user: "u2" })]);
    const late = makeEvent(5, { id: "event_late", user: "u5" });
    const { cursor } = await journal.status();
    const places = new Map([[late.id, 1.5]]);
    await journal.append({ events: [late], places, expectedCursor: cursor, cursor, receivedAtMs: 0 });
    const then = await openMirrorAt(path, at(6));
    await expect(idsOf(then.users())).resolves.toEqual(["u1", "u5"]);
    expect(then).toMatchObject({ last: { id: "event_late", seq: 4 }, blankEvents: 0 });
    await then.close();

    await journal.purge({ email });
    const after = await openMirrorAt(path, at(60));
    await expect(idsOf(after.users())).resolves.toEqual(["u1", "u2", "u5"]);
    expect(after.blankEvents).toBe(1);
    await after.close();
  });

  test("is complete only from the scan on that completed it", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    await append(journal, [makeEvent(1), makeEvent(2), makeEvent(3)]);
    completeSince(path, 2);
    const [before, after] = [await openMirrorAt(path, at(1)), await openMirrorAt(path, at(2))];
    await expect(before.completeSinceSeq()).resolves.toBeNull();
    await expect(after.completeSinceSeq()).resolves.toBe(2);
    await Promise.all([before.close(), after.close()]);
  });

  test("is refused once events were forgotten, and where the time is none", async () => {
    const path = newStateFile();
    const journal = await boundJournal(path);
    await append(journal, [makeEvent(1), makeEvent(2), makeEvent(3)]);
    await finishAll(journal);
    await journal.prune(1, 1);
    const opening = openMirrorAt(path, at(3));
    await expect(opening).rejects.toMatchObject({ code: "missing" });
    await expect(opening).rejects.toThrow(/has forgotten events \(it has those since 2026-01-15T12:00:02.000Z\)/);
    await expect(openMirrorAt(path, "yesterday")).rejects.toMatchObject({ code: "config_invalid" });
    await expect(openMirrorAt(newStateFile(), at(0))).rejects.toMatchObject({ code: "missing" });
  });
});

async function finishAll(journal: Journal): Promise<void> {
  await journal.addSink("app");
  const finished = [1, 2, 3].map((seq) => ({ seq, result: "delivered" as const }));
  await journal.step("app", { finished, started: [], lowSeq: 3, nowMs: 0 });
}

function completeSince(path: string, seq: number): void {
  const database = connect(path, { busyTimeoutMs: 1_000 });
  database.prepare("UPDATE mirror SET complete_since_seq = ?").run(seq);
  database.close();
}
