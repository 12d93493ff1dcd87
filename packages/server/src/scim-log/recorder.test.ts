import { expect, onTestFinished, test } from "vitest";
import { addDirectory, addOrganization } from "../fixtures/rows.ts";
import { runtimeWith } from "../fixtures/running-server.ts";
import { openSqlite } from "../store/sqlite.ts";
import { createStore } from "../store/store.ts";
import { wholeList } from "../store/windows.ts";
import { type Exchange, Recorder } from "./recorder.ts";

test("old requests are forgotten also where what is written has to be written twice", async () => {
  const store = createStore(openSqlite(":memory:"));
  onTestFinished(() => store.close());
  const directory = await store.write(async (data) => addDirectory(data, "directory_1"));
  const recorder = new Recorder({ store, runtime: runtimeWith({}), kept: { requestsMax: 3, days: 1 } });
  for (let count = 0; count < 6; count += 1) recorder.record(exchange(count, directory));
  let attempts = 0;
  const flushed = recorder.flush();
  // Behind it and in the same turn, so that both share a transaction, which is rolled back and made anew.
  await Promise.resolve();
  const failed = store.write(
    async (data) => {
      await addOrganization(data, "org_none");
      attempts += 1;
      throw new Error("refused");
    },
    { isRepeatable: true },
  );
  await Promise.allSettled([flushed, failed]);
  expect(attempts).toBe(2);
  const filter = { statusFrom: 100, statusTo: 599 };
  const kept = await store.read(async (data) => data.scimRequests.page(filter, wholeList(10)));
  expect(kept.map(({ path }) => path)).toEqual(["/Users/3", "/Users/4", "/Users/5"]);
});

test("old requests are forgotten also once the clock was set back: they would be kept until time has caught up", async () => {
  const store = createStore(openSqlite(":memory:"));
  onTestFinished(() => store.close());
  const directory = await store.write(async (data) => addDirectory(data, "directory_1"));
  let nowMs = Date.now();
  const recorder = new Recorder({
    store,
    runtime: runtimeWith({ now: () => nowMs }),
    kept: { requestsMax: 3, days: 1 },
  });
  for (let count = 0; count < 12; count += 1) {
    if (count === 6) nowMs -= 12 * 60 * 60 * 1_000;
    recorder.record(exchange(count, directory));
    if (count % 6 === 5) await recorder.flush();
  }
  const filter = { statusFrom: 100, statusTo: 599 };
  const kept = await store.read(async (data) => data.scimRequests.page(filter, wholeList(20)));
  expect(kept.map(({ path }) => path)).toEqual(["/Users/9", "/Users/10", "/Users/11"]);
});

function exchange(count: number, directory: Exchange["directory"]): Exchange {
  return {
    id: `req_${String(count)}`,
    directory,
    externalKey: "key",
    atMs: Date.now(),
    durationMs: 1,
    method: "GET",
    path: `/Users/${String(count)}`,
    status: 404,
    userAgent: null,
    ifMatch: null,
    ifNoneMatch: null,
    requestText: null,
    responseText: null,
  };
}
