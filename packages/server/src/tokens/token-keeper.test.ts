import { StateError } from "@dirsync/sdk";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../fixtures/eventually.ts";
import { ManualClock } from "../fixtures/manual-clock.ts";
import { addDirectory } from "../fixtures/rows.ts";
import { createIds, digestOf } from "../ids.ts";
import type { Store } from "../store/model.ts";
import { openSqlite } from "../store/sqlite.ts";
import { createStore } from "../store/store.ts";
import type { DirectoryTokenRow } from "../store/tables.ts";
import { TokenKeeper } from "./token-keeper.ts";

const minuteMs = 60_000;

interface Stage {
  readonly clock: ManualClock;
  readonly keeper: TokenKeeper;
  /** What a test does to it. */
  readonly disk: { isFull: boolean };
  /** What is stored. */
  readonly tokens: () => Promise<readonly DirectoryTokenRow[]>;
}

/** A directory with one token for each of the times, from now, at which one ends; null for never. */
async function stage(...endsInMs: readonly (number | null)[]): Promise<Stage> {
  const clock = new ManualClock();
  const store = createStore(openSqlite(":memory:"));
  const disk = { isFull: false };
  const write: Store["write"] = async (work, how) => {
    if (disk.isFull) throw new StateError("The disk is full.", { code: "full" });
    return await store.write(work, how);
  };
  const onDisk: Store = { ...store, read: (work) => store.read(work), write };
  const keeper = new TokenKeeper({ store: onDisk, ids: createIds(clock.runtime, []), runtime: clock.runtime });
  onTestFinished(async () => {
    await keeper.close();
    await store.close();
  });
  const { seq } = await store.write(async (data) => {
    const directory = await addDirectory(data, "directory_1");
    for (const [index, endInMs] of endsInMs.entries()) {
      await data.directoryTokens.insert({
        id: `directory_token_${index}`,
        directory_seq: directory.seq,
        name: `${endInMs}`,
        scope: "provisioning",
        hash: digestOf(`${index}`),
        suffix: "abcd",
        created_at: directory.created_at,
        expires_at_ms: endInMs === null ? null : clock.nowMs + endInMs,
        last_used_ms: null,
      });
    }
    return directory;
  });
  return { clock, keeper, disk, tokens: () => store.read((data) => data.directoryTokens.ofDirectory(seq)) };
}

async function namesOf(tokens: Stage["tokens"]): Promise<readonly string[]> {
  return (await tokens()).map(({ name }) => name);
}

test("each token ends at its own time, and none before or without one", async () => {
  const { clock, keeper, tokens } = await stage(2 * minuteMs, minuteMs, null);
  await keeper.start();
  await clock.isAwaited(minuteMs);
  expect(await namesOf(tokens)).toHaveLength(3);
  clock.advance(minuteMs);
  await clock.isAwaited(minuteMs);
  expect(await namesOf(tokens)).toEqual([`${2 * minuteMs}`, "null"]);
  clock.advance(minuteMs);
  await eventually(async () => expect(await namesOf(tokens)).toEqual(["null"]));
});

test("what ended while nothing ran has ended when the server has started", async () => {
  const { keeper, tokens } = await stage(-minuteMs, 0, minuteMs);
  await keeper.start();
  expect(await namesOf(tokens)).toEqual([`${minuteMs}`]);
});

test("a token that ends while the disk takes no changes is told to the log once it takes them again", async () => {
  const { clock, keeper, disk, tokens } = await stage(minuteMs);
  await keeper.start();
  await clock.isAwaited(minuteMs);
  disk.isFull = true;
  clock.advance(minuteMs);
  await clock.isAwaited(minuteMs);
  expect(await tokens()).toHaveLength(1);
  disk.isFull = false;
  clock.advance(minuteMs);
  // Its time has come, so it waits for none.
  await clock.isAwaited(0);
  clock.advance(0);
  await eventually(async () => expect(await tokens()).toEqual([]));
});

test("a crash forgets a minute of uses at most: they are written meanwhile, and what comes during that is kept", async () => {
  const { clock, keeper, tokens } = await stage(null);
  const stored = async (): Promise<DirectoryTokenRow> => (await tokens())[0] ?? Promise.reject(new Error("no token"));
  const { seq } = await stored();
  const [firstMs, secondMs, thirdMs] = [clock.nowMs, clock.nowMs + 1, clock.nowMs + minuteMs];
  keeper.used(seq);
  clock.advance(1);
  keeper.used(seq);
  await eventually(async () => expect(await stored()).toMatchObject({ last_used_ms: firstMs }));
  expect(keeper.lastUsedMs(await stored())).toBe(secondMs);
  clock.advance(minuteMs - 1);
  keeper.used(seq);
  await eventually(async () => expect(await stored()).toMatchObject({ last_used_ms: thirdMs }));
});

test("a use is written also once the clock was set back, and not only when time has caught up", async () => {
  const { clock, keeper, tokens } = await stage(null);
  const [{ seq } = { seq: 0 }] = await tokens();
  const isStored = async (): Promise<void> =>
    await eventually(async () => expect(await tokens()).toMatchObject([{ last_used_ms: clock.nowMs }]));
  keeper.used(seq);
  await isStored();
  clock.advance(-24 * 60 * minuteMs);
  keeper.used(seq);
  await isStored();
});

test("of refused requests the latest thousand directories are remembered, whatever strangers send", async () => {
  const { clock, keeper } = await stage();
  for (let number = 0; number < 1_000; number += 1) keeper.refused(`key-${number}`);
  keeper.refused("key-0");
  keeper.refused("key-1000");
  const remembered = ["key-0", "key-1", "key-2", "key-1000"].filter((key) => keeper.refusedMs(key) === clock.nowMs);
  expect(remembered).toEqual(["key-0", "key-2", "key-1000"]);
  for (const characters of [64, 65]) keeper.refused("k".repeat(characters));
  expect([64, 65].map((characters) => keeper.refusedMs("k".repeat(characters)))).toEqual([clock.nowMs, null]);
});
