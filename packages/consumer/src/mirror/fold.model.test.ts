/**
 * Random logs, read in random pages that repeat themselves and bring some events late, against an interpreter that holds
 * plain collections: after every commit the views show what the events so far come to.
 */
import { isDeepStrictEqual } from "node:util";
import type { DirectoryEvent } from "@dirsync/sdk";
import { afterEach, describe, expect, test } from "vitest";
import { append } from "../fixtures/journal-steps.ts";
import { makeMirrorLog } from "../fixtures/mirror-log.ts";
import { contentsOf, lookInto } from "../fixtures/mirror-view.ts";
import { contentsAfter } from "../fixtures/naive-mirror.ts";
import { seededRandom } from "../fixtures/seeded-random.ts";
import { newStateFile } from "../fixtures/state-file.ts";
import type { Journal } from "../journal/model.ts";
import { openJournal } from "../journal/open.ts";
import { connect, type SqliteDatabase } from "../journal/sqlite.ts";
import { Mirror } from "./mirror.ts";

/** `npm run test:fault` sets it to 120. */
const seeds = Number(process.env["DIRSYNC_TEST_SEEDS"] ?? 8);
const events = 60;

interface Life {
  readonly seed: number;
  /** Share of events that are not listed yet when their place is read. Only a sound log can be told of in any order. */
  readonly lateShare?: number;
  /** Changes the file after it was made, in a control. */
  readonly spoil?: (path: string) => void;
}

/** Numbers of the commits after which the mirror was not what the events come to. */
async function wrongCommits({ seed, lateShare = 0, spoil }: Life): Promise<readonly number[]> {
  const random = seededRandom(seed);
  const log = makeMirrorLog({ random, events, manner: lateShare > 0 ? "sound" : "any" });
  const path = newStateFile();
  const journal = await openJournal({ path, role: "holder" });
  await journal.bind("https://log.test", { from: "start" });
  spoil?.(path);
  const database = lookInto(path);
  const reader = new Reader({ journal, log, random, lateShare });
  const wrong: number[] = [];
  for (let commit = 1; await reader.readOn(); commit += 1) {
    const isRight = isDeepStrictEqual(contentsOf(database), contentsAfter(log.filter(({ id }) => reader.had.has(id))));
    if (!isRight) wrong.push(commit);
  }
  database.close();
  await journal.close();
  return wrong;
}

interface ReaderParts {
  readonly journal: Journal;
  readonly log: readonly DirectoryEvent[];
  readonly random: () => number;
  readonly lateShare: number;
}

/** Reads a log page by page, some pages again, and lists some events only when their place has been read. */
class Reader {
  readonly had = new Set<string>();
  readonly #parts: ReaderParts;
  readonly #hidden: Set<string>;
  #reached = 0;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#hidden = new Set(parts.log.filter(() => parts.random() < parts.lateShare).map(({ id }) => id));
  }

  /** False when there was nothing left to read. */
  async readOn(): Promise<boolean> {
    const { journal, log, random } = this.#parts;
    if (this.#reached === log.length && this.#hidden.size === 0) return false;
    const isAgain = random() < 0.3 || this.#reached === log.length;
    const from = isAgain ? Math.floor(random() * this.#reached) : this.#reached;
    const to = Math.min(log.length, (isAgain ? this.#reached : from) + Math.ceil(random() * 6));
    if (isAgain) for (const { id } of log.slice(from, this.#reached)) if (random() < 0.5) this.#hidden.delete(id);
    const page = log.slice(from, to).filter(({ id }) => !this.#hidden.has(id));
    this.#reached = Math.max(this.#reached, to);
    await append(journal, page);
    for (const { id } of page) this.had.add(id);
    return true;
  }
}

const seedsFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => first + index);

describe("after every commit the views show what the events come to", () => {
  test.each(seedsFrom(1, seeds))("whatever the log says, in pages that repeat themselves (seed %i)", async (seed) => {
    await expect(wrongCommits({ seed })).resolves.toEqual([]);
  });

  test.each(seedsFrom(1_000, seeds))("of a sound log, with events that come late (seed %i)", async (seed) => {
    await expect(wrongCommits({ seed, lateShare: 0.2 })).resolves.toEqual([]);
  });

  test.each(seedsFrom(2_000, seeds / 2))("in whatever order unrelated events come (seed %i)", async (seed) => {
    const random = seededRandom(seed);
    const log = makeMirrorLog({ random, events, manner: "any" });
    const shuffled = [...log];
    for (let swaps = 0; swaps < 500; swaps += 1) {
      const index = Math.floor(random() * (log.length - 1));
      const [one, other] = shuffled.slice(index, index + 2) as [DirectoryEvent, DirectoryEvent];
      if (areUnrelated(one, other)) shuffled.splice(index, 2, other, one);
    }
    expect(shuffled).not.toEqual(log);
    const path = newStateFile();
    const journal = await openJournal({ path, role: "holder" });
    await append(journal, shuffled);
    const database = lookInto(path);
    expect(contentsOf(database)).toEqual(contentsAfter(log));
    database.close();
    await journal.close();
  });
});

/** True when neither is about, or above, anything that the other is about. */
function areUnrelated(one: DirectoryEvent, other: DirectoryEvent): boolean {
  const [first, second] = [aboutOf(one), aboutOf(other)];
  return !first.some((id) =>
    second.some((each) => each === id || each.startsWith(`${id}.`) || id.startsWith(`${each}.`)),
  );
}

function aboutOf({ data }: DirectoryEvent): readonly string[] {
  const { user, group } = data as { user?: { id: string }; group?: { id: string } };
  return user === undefined || group === undefined ? [String(data["id"])] : [user.id, group.id];
}

describe("(control) the same comparison finds a mirror that", () => {
  const fold = Object.getOwnPropertyDescriptor(Mirror.prototype, "fold") as { value: Mirror["fold"] };
  afterEach(() => void Object.defineProperty(Mirror.prototype, "fold", fold));

  const change = (work: (database: SqliteDatabase) => void) => (path: string) => {
    const database = connect(path, { busyTimeoutMs: 1_000 });
    work(database);
    database.close();
  };
  const foundIn = async (lives: Omit<Life, "seed">): Promise<number> => {
    const wrong = await Promise.all(seedsFrom(1, 8).map((seed) => wrongCommits({ seed, ...lives })));
    return wrong.filter((commits) => commits.length > 0).length;
  };

  test("is folded outside of the transaction", async () => {
    const owed = new Map<Mirror, Parameters<Mirror["fold"]>[0][]>();
    Mirror.prototype.fold = function (this: Mirror, folded): void {
      // With the page after, which is as soon as another transaction can be.
      const before = owed.get(this) ?? [];
      for (const each of before.filter(({ seq }) => seq < folded.seq - 5)) fold.value.call(this, each);
      owed.set(this, [...before.filter(({ seq }) => seq >= folded.seq - 5), folded]);
    };
    await expect(foundIn({})).resolves.toBe(8);
  });

  test("goes by when events came and not by where they stand", async () => {
    Mirror.prototype.fold = function (this: Mirror, folded): void {
      fold.value.call(this, { ...folded, place: folded.seq });
    };
    await expect(foundIn({ lateShare: 0.2 })).resolves.toBeGreaterThan(4);
  });

  test.each(["user", "group", "directory"])("lets what lay below return with a %s", async (kind) => {
    const table = `mirror_${kind}`;
    const spoil = change((database) => {
      database.exec(`CREATE TRIGGER forgetful AFTER UPDATE ON ${table} WHEN NEW.since <> 0
        BEGIN UPDATE ${table} SET since = 0 WHERE id = NEW.id; END`);
    });
    await expect(foundIn({ spoil })).resolves.toBeGreaterThan(0);
  });

  test("ends a directory and leaves what lay below it", async () => {
    const spoil = change((database) => {
      database.exec(`DROP VIEW users;
        CREATE VIEW users AS SELECT id, body FROM mirror_user WHERE body IS NOT NULL`);
    });
    await expect(foundIn({ spoil })).resolves.toBeGreaterThan(4);
  });
});
