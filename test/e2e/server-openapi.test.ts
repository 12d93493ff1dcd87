import { createServer } from "@dirsync/server";
import { expect, test } from "vitest";
import { runWarmCli } from "../support/warm-cli.ts";

test("dirsync server openapi prints what a running server answers, with the address it is told", async () => {
  const publicUrl = "https://scim.acme.example";
  const { code, stdout, stderr } = await runWarmCli(["server", "openapi"], {
    environment: { DIRSYNC_PUBLIC_URL: publicUrl },
  });
  expect([code, stderr]).toEqual([0, ""]);
  const server = await createServer({ dataFile: ":memory:", apiKey: "sk_test_openapi", publicUrl });
  try {
    const answer = await server.fetch(new Request(`${publicUrl}/openapi.json`));
    expect(JSON.parse(stdout)).toEqual(await answer.json());
  } finally {
    await server.close();
  }
});
