import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { startServer } from "../fixtures/running-server.ts";

const person = (name: string) => JSON.stringify({ userName: `${name}@x.test` });

async function poster() {
  const { created } = await (await startServer()).createDirectory();
  const { base_url: baseUrl, bearer_token: token } = created.scim;
  return (body: Uint8Array | string, encoding: string) =>
    fetch(`${baseUrl}/Users`, {
      method: "POST",
      body,
      headers: { Authorization: `Bearer ${token}`, "Content-Encoding": encoding },
    } as RequestInit);
}

describe("a body packed on its way", () => {
  test("with gzip is read as what was packed, up to the same limit", async () => {
    const post = await poster();
    expect((await post(gzipSync(person("ann")), "gzip")).status).toBe(201);
    expect((await post(person("bob"), "identity")).status).toBe(201);
    expect((await post(gzipSync(`"${"x".repeat(3_000_000)}"`), "gzip")).status).toBe(413);
    expect((await post(person("cid"), "gzip")).status).toBe(400);
  });

  test("with anything else is a 415 that says what it may be packed with", async () => {
    const post = await poster();
    const answer = await post(brotliCompressSync(person("ann")), "br");
    expect([answer.status, answer.headers.get("accept-encoding")]).toEqual([415, "gzip"]);
    expect(await answer.json()).toMatchObject({ status: "415", detail: expect.stringContaining("gzip") as string });
  });
});
