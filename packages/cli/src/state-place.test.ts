import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Journal, openJournal } from "@dirsync/consumer";
import { silentLogger, systemRuntime } from "@dirsync/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StatePlace, watchPlace } from "./state-place.ts";

let folder: string;
let path: string;
let journal: Journal;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "dirsync-place-"));
  path = join(folder, "tail.db");
  journal = await openJournal({ path, role: "holder" });
});

afterEach(async () => {
  await journal.close();
  rmSync(folder, { recursive: true });
});

describe("the place of an open state file", () => {
  test("is its own while it is written to, and through a link", async () => {
    const link = join(folder, "link.db");
    symlinkSync(path, link);
    const places = [new StatePlace(path), new StatePlace(link)];
    await journal.bind("https://log.test", { from: "start" });
    expect(places.map((place) => place.look())).toEqual([null, null]);
  });

  test("is lost when it is deleted, moved or covered by another, and found when it is put back", () => {
    const place = new StatePlace(path);
    const aside = join(folder, "aside.db");
    renameSync(path, aside);
    expect(place.look()).toBe("deleted");
    writeFileSync(path, "");
    expect(place.look()).toBe("replaced");
    renameSync(aside, path);
    expect(place.look()).toBeNull();
    rmSync(folder, { recursive: true });
    expect(place.look()).toBe("deleted");
    writeFileSync(folder, "");
    expect(place.look()).not.toBe("replaced");
    rmSync(folder);
    // For what comes after the test.
    folder = mkdtempSync(join(tmpdir(), "dirsync-place-"));
  });
});

/** Lets so many looks pass, each followed by `between`, and returns what was said. */
async function said(looks: number, between: (look: number) => void): Promise<readonly (readonly [string, string])[]> {
  const lines: [string, string][] = [];
  const ending = new AbortController();
  let nowMs = 0;
  let look = 0;
  const take = (level: string) => (_fields: object, message: string) => void lines.push([level, message]);
  const log = { ...silentLogger, info: take("info"), error: take("error") };
  const sleep = (ms: number): Promise<void> => {
    nowMs += ms;
    if (look >= looks) ending.abort();
    else between(look);
    look += 1;
    return ending.signal.aborted ? Promise.reject(new Error("ended")) : Promise.resolve();
  };
  const runtime = { ...systemRuntime, now: () => nowMs, sleep, log };
  const status = () => journal.status();
  await watchPlace({ place: new StatePlace(path), path, status, runtime, signal: ending.signal });
  return lines;
}

describe("a tail whose state file is moved away", () => {
  const aside = (): string => join(folder, "aside.db");

  test("says so once, with where to go on, and once more when it is back", async () => {
    await journal.bind("https://log.test", { from: "start" });
    const lines = await said(20, (look) => {
      if (look === 3) renameSync(path, aside());
      if (look === 10) renameSync(aside(), path);
    });
    expect(lines).toEqual([
      [
        "error",
        expect.stringMatching(/not at its path.*Put the file back if it was moved.*--from start\. Some events/),
      ],
      ["info", "the state file is at its path again"],
    ]);
  });

  test("names the oldest event that a sink has still to get, parked or not, else the last one that was read", async () => {
    const event = { object: "event", event: "dsync.user.updated", data: {} } as const;
    await journal.bind("https://log.test", { from: "start" });
    const events = [1, 2].map((second) => ({
      ...event,
      id: `event_${second}`,
      created_at: `2026-01-15T12:00:0${second}.000Z`,
    }));
    await journal.append({ events, expectedCursor: null, receivedAtMs: 0 });
    renameSync(path, aside());
    const gone = (): Promise<readonly (readonly [string, string])[]> => {
      renameSync(aside(), path);
      return said(3, (look) => void (look === 1 && renameSync(path, aside())));
    };
    expect((await gone())[0]?.[1]).toMatch(/--from event_2\./);
    await journal.addSink("app");
    expect((await gone())[0]?.[1]).toMatch(/--from 2026-01-15T12:00:01\.000Z\./);
    await journal.step("app", { started: [], finished: [{ seq: 1, result: "parked" }], lowSeq: 1, nowMs: 0 });
    expect((await gone())[0]?.[1]).toMatch(/--from 2026-01-15T12:00:01\.000Z\./);
  });

  test("says it again after an hour, and not sooner", async () => {
    const lines = await said(1_500, (look) => void (look === 0 && rmSync(path)));
    expect(lines.map(([level]) => level)).toEqual(["error", "error", "error"]);
  });
});
