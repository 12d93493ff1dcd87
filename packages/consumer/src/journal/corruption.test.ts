/**
 * State files with random damage, as bad disks and half copies leave them. Opening one must end in an error that leaves the
 * file alone, or in a position that the file has really had: never in a position that nobody ever wrote.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isDirsyncError } from "@dirsync/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeLog } from "../fixtures/events.ts";
import { seededRandom } from "../fixtures/seeded-random.ts";
import { newStateFile, temporaryFolder } from "../fixtures/state-file.ts";
import type { Journal } from "./model.ts";
import { openJournal } from "./open.ts";

const damagesCount = 300;
const log = makeLog(1, 60, 3);
const pageEvents = 6;

/** Suffixes of the files that make up a state file. */
const parts = ["", "-wal"] as const;

const made = newStateFile(afterAll);
const original = join(temporaryFolder(afterAll), "original.db");

/** Every position the file has had: a cursor, and how many events there were then. */
const positions = new Map<string | null, number>([[null, 0]]);

beforeAll(async () => {
  let cursor: string | null = null;
  let journal: Journal | null = null;
  for (let first = 0; first < log.length; first += pageEvents) {
    // Half of it is in the file itself, which closing sees to; the rest is in the write-ahead log still.
    if (journal === null || first === log.length / 2) {
      await journal?.close();
      journal = await openJournal({ path: made, role: "holder" });
      await journal.bind("https://log.test", { from: "start" });
      await journal.addSink("app");
    }
    const events = log.slice(first, first + pageEvents);
    ({ cursor } = await journal.append({ events, expectedCursor: cursor, receivedAtMs: first }));
    positions.set(cursor, first + events.length);
    await deliver(journal, first + 1, first + 3);
  }
  for (const part of parts) copyFileSync(made + part, original + part);
  await journal?.close();
});

/** The sink finishes these positions, after trying them. */
async function deliver(journal: Journal, firstSeq: number, lastSeq: number): Promise<void> {
  const seqs = Array.from({ length: lastSeq - firstSeq + 1 }, (_, index) => firstSeq + index);
  await journal.step("app", { finished: [], started: seqs, lowSeq: 0, nowMs: 0 });
  const finished = seqs.map((seq) => ({ seq, result: "delivered" }) as const);
  await journal.step("app", { finished, started: [], lowSeq: firstSeq === 1 ? lastSeq : 3, nowMs: 0 });
}

type Damage = (path: string, random: () => number) => void;

const damages: readonly (readonly [name: string, damage: Damage])[] = [
  [
    "a bit",
    (path, random) =>
      change(path, random, (bytes, at) => void (bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8)))),
  ],
  [
    "sixteen bytes",
    (path, random) => change(path, random, (bytes, at) => void bytes.fill(Math.floor(random() * 256), at, at + 16)),
  ],
  [
    "a page",
    (path, random) =>
      change(path, random, (bytes, at) => void bytes.fill(0, at - (at % 4_096), at - (at % 4_096) + 4_096)),
  ],
  ["the end", (path, random) => truncate(path, Math.floor(random() * statSync(path).size))],
];

function change(path: string, random: () => number, write: (bytes: Buffer, at: number) => void): void {
  const bytes = readFileSync(path);
  write(bytes, Math.floor(random() * bytes.length));
  writeFileSync(path, bytes);
}

function truncate(path: string, size: number): void {
  const descriptor = openSync(path, "r+");
  ftruncateSync(descriptor, size);
  closeSync(descriptor);
}

/** What opening a damaged copy comes to: an error's code, or where the copy stands. */
async function open(
  path: string,
): Promise<{ code: string } | { cursor: string | null; headSeq: number; lowSeq: number }> {
  try {
    const journal = await openJournal({ path, role: "holder" });
    try {
      const { cursor, headSeq, sinks } = await journal.status();
      return { cursor, headSeq, lowSeq: sinks[0]?.lowSeq ?? 0 };
    } finally {
      await journal.close();
    }
  } catch (error) {
    if (!isDirsyncError(error)) throw error;
    return { code: error.code };
  }
}

function damagedCopy(part: string, damage: (path: string) => void): string {
  const copy = newStateFile();
  for (const each of parts) if (existsSync(original + each)) copyFileSync(original + each, copy + each);
  damage(copy + part);
  return copy;
}

test(`of ${damagesCount} random damages none makes a position that nobody wrote`, async () => {
  const outcomes: Record<string, number> = {};
  for (let seed = 1; seed <= damagesCount; seed += 1) {
    const random = seededRandom(seed);
    const [name, damage] = damages[seed % damages.length] ?? damages[0] ?? ["", () => undefined];
    const part = seed % 3 === 0 ? "-wal" : "";
    const found = await open(damagedCopy(part, (path) => damage(path, random)));
    const kind = "code" in found ? found.code : "position";
    outcomes[kind] = (outcomes[kind] ?? 0) + 1;
    if ("code" in found)
      expect({ seed, name, code: found.code }).toEqual({
        seed,
        name,
        code: expect.stringMatching(/^(?:corrupt|unreadable)$/) as unknown,
      });
    else
      expect({ seed, name, part, headSeq: found.headSeq }).toEqual({
        seed,
        name,
        part,
        headSeq: positions.get(found.cursor),
      });
  }
  // The control: with no damage found, or none survived, the test would have looked at nothing.
  expect(outcomes["corrupt"]).toBeGreaterThan(10);
  expect(outcomes["position"]).toBeGreaterThan(10);
});

describe("what is found to be damaged stays as it is, with its write-ahead log, where", () => {
  const pageBytes = 4_096;
  test.each<[string, (bytes: Buffer) => void]>([
    ["the second half of it is empty", (bytes) => void bytes.fill(0, bytes.length >> 1)],
    ["all but the first page is", (bytes) => void bytes.fill(0, pageBytes)],
  ])("%s", async (_where, harm) => {
    const path = damagedCopy("", (file) => {
      const bytes = readFileSync(file);
      harm(bytes);
      writeFileSync(file, bytes);
    });
    const bytes = (): readonly Buffer[] => parts.map((part) => readFileSync(path + part));
    const before = bytes();
    expect(await open(path)).toEqual({ code: "corrupt" });
    expect(bytes()).toEqual(before);
    // The control: there was a log to be copied.
    expect(before[1]?.length).toBeGreaterThan(pageBytes);
  });
});

describe("a write-ahead log that", () => {
  test.each<[string, (path: string) => void]>([
    ["is cut to nothing", (path) => truncate(path, 0)],
    ["is of another state file", (path) => writeFileSync(path, readFileSync(original).subarray(0, 8_192))],
  ])("%s takes the last commits along, and no more", async (_name, damage) => {
    const found = await open(damagedCopy("-wal", damage));
    if ("code" in found) throw new Error(`It did not open: ${found.code}`);
    expect(found.headSeq).toBe(positions.get(found.cursor));
  });

  test("(control) is whole brings everything", async () => {
    const found = await open(damagedCopy("-wal", () => undefined));
    expect(found).toMatchObject({ cursor: log.at(-1)?.id, headSeq: log.length });
  });
});
