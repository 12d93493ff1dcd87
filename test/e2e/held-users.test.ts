/** `dirsync users held`: who is stored in our server and does not come through, on the command line. */
import { expect, onTestFinished, test } from "vitest";
import { createServer } from "@dirsync/server";
import { runWarmCli } from "../support/warm-cli.ts";

const apiKey = "sk_test_held_users";

test("whoever waits in a directory is listed with the reason, and nobody is a sentence", async () => {
  const server = await createServer({ dataFile: ":memory:", apiKey });
  onTestFinished(() => server.close());
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  const made = await fetch(`${url}/directories`, {
    method: "POST",
    headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
    body: JSON.stringify({ name: "Acme", type: "okta scim v2.0", soft_delete: false }),
  });
  const { id, scim } = (await made.json()) as { id: string; scim: { base_url: string; bearer_token: string } };
  const held = async (...flags: readonly string[]) =>
    await runWarmCli(["users", "held", "--directory", id, ...flags], {
      environment: { DIRSYNC_API_KEY: apiKey, DIRSYNC_BASE_URL: url },
    });

  expect(await held()).toMatchObject({ code: 0, stdout: expect.stringContaining("Nobody is held") as unknown });
  await fetch(`${scim.base_url}/Users`, {
    method: "POST",
    headers: { Authorization: `Bearer ${scim.bearer_token}`, "Content-Type": "application/scim+json" },
    body: JSON.stringify({ userName: "bob@acme.test", active: false }),
  });

  expect((await held()).stdout).toMatch(
    /ID +USERNAME +REASON +SINCE\ndirectory_user_\w+ +bob@acme\.test +inactive +20/,
  );
  const { stdout } = await held("--json");
  expect(JSON.parse(stdout)).toMatchObject({ object: "held_user", user_name: "bob@acme.test", reason: "inactive" });
});
