import { expect, onTestFinished, test } from "vitest";
import { addDirectory } from "../fixtures/rows.ts";
import { digestOf } from "../ids.ts";
import { openSqlite } from "../store/sqlite.ts";
import { createStore } from "../store/store.ts";
import { authenticate } from "./auth.ts";

// Tokens that have ended are also removed, by somebody else; who is let in must not wait for that.
test("a token lets nobody in from its end on, also while it is still stored", async () => {
  const store = createStore(openSqlite(":memory:"));
  onTestFinished(() => store.close());
  const directory = await store.write(async (data) => {
    const added = await addDirectory(data, "directory_1");
    await data.directoryTokens.insert({
      id: "directory_token_1",
      directory_seq: added.seq,
      name: "Token",
      scope: "provisioning",
      hash: digestOf("secret"),
      suffix: "cret",
      created_at: added.created_at,
      expires_at_ms: 1_000,
      last_used_ms: null,
    });
    return added;
  });
  const admitted = async (nowMs: number): Promise<boolean> => {
    const request = { authorization: "Bearer secret", externalKey: directory.external_key, nowMs };
    return (await authenticate(store, request)) !== null;
  };
  expect([await admitted(999), await admitted(1_000), await admitted(2_000)]).toEqual([true, false, false]);
});
