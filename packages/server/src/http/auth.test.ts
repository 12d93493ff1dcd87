import { expect, onTestFinished, test } from "vitest";
import { addDirectory } from "../fixtures/rows.ts";
import { digestOf } from "../ids.ts";
import { openSqlite } from "../store/sqlite.ts";
import { createStore } from "../store/store.ts";
import { authenticate } from "./auth.ts";

/** A directory with the token `secret`, which ends at 1 s, and a question whether a request is let in. */
async function door(): Promise<(authorization: string | undefined, nowMs: number) => Promise<boolean>> {
  const store = createStore(openSqlite(":memory:"));
  onTestFinished(() => store.close());
  const { external_key: externalKey } = await store.write(async (data) => {
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
  return async (authorization, nowMs) => (await authenticate(store, { authorization, externalKey, nowMs })) !== null;
}

// Tokens that have ended are also removed, by somebody else; who is let in must not wait for that.
test("a token lets nobody in from its end on, also while it is still stored", async () => {
  const isLetIn = await door();
  const answers = [999, 1_000, 2_000].map((nowMs) => isLetIn("Bearer secret", nowMs));
  expect(await Promise.all(answers)).toEqual([true, false, false]);
});

function basic(userName: string): string {
  return Buffer.from(`${userName}:secret`).toString("base64");
}

test.each([
  ["Bearer secret", true],
  [" bearer  secret ", true],
  ["secret", true],
  [`Basic ${basic("anybody")}`, true],
  [`basic  ${basic("")}`, true],
  // Its base64 has both characters that are neither letters nor digits.
  [`Basic ${basic("???>>>")}`, true],
  [undefined, false],
  ["", false],
  ["Basic secret", false],
  ["Digest secret", false],
  ["Bearer secrets", false],
])("the header %j lets in: %s", async (authorization, isRight) => {
  expect(basic("???>>>")).toMatch(/\/.*\+/);
  const isLetIn = await door();
  expect(await isLetIn(authorization, 0)).toBe(isRight);
});
