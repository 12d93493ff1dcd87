import { StateError } from "@dirsync/sdk";
import { expect, onTestFinished, test } from "vitest";
import { ManualClock } from "../fixtures/manual-clock.ts";
import { addDirectory } from "../fixtures/rows.ts";
import { createIds, digestOf } from "../ids.ts";
import type { Store } from "../store/model.ts";
import { openSqlite } from "../store/sqlite.ts";
import { createStore } from "../store/store.ts";
import { TokenKeeper } from "./token-keeper.ts";

const minuteMs = 60_000;

test("a token that ends while the disk takes no changes is told to the log once it takes them again", async () => {
  const clock = new ManualClock();
  const store = createStore(openSqlite(":memory:"));
  onTestFinished(() => store.close());
  await store.write(async (data) => {
    const { seq, created_at } = await addDirectory(data, "directory_1");
    const kept = { name: "Token", scope: "provisioning", hash: digestOf("secret"), suffix: "cret" } as const;
    const times = { created_at, expires_at_ms: clock.nowMs + minuteMs, last_used_ms: null };
    await data.directoryTokens.insert({ id: "directory_token_1", directory_seq: seq, ...kept, ...times });
  });
  let isFull = false;
  const write: Store["write"] = async (work, how) => {
    if (isFull) throw new StateError("The disk is full.", { code: "full" });
    return await store.write(work, how);
  };
  const disk: Store = { ...store, read: (work) => store.read(work), write };
  const keeper = new TokenKeeper({ store: disk, ids: createIds(clock.runtime, []), runtime: clock.runtime });
  await keeper.start();
  onTestFinished(() => keeper.close());
  const left = () => store.read((data) => data.directoryTokens.nextExpiryMs());
  await clock.isAwaited(minuteMs);
  isFull = true;
  clock.advance(minuteMs);
  await clock.isAwaited(minuteMs);
  expect(await left()).not.toBeNull();
  isFull = false;
  clock.advance(minuteMs);
  // Its time has come, so it waits for none.
  await clock.isAwaited(0);
  clock.advance(0);
  await expect.poll(left).toBeNull();
});
