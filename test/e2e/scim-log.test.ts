/** `dirsync scim` and `dirsync audit`: what a provider sent, what it would do now, and who changed what. */
import { expect } from "vitest";
import { test } from "../support/rig.ts";

test("what a provider was refused is found, shown, tried without effect, and sent again", async ({ rig }) => {
  const post = (body: string): Promise<Response> =>
    fetch(`${rig.company.scimUrl}/Users`, {
      method: "POST",
      headers: { Authorization: `Bearer ${rig.company.token}`, "User-Agent": "Okta SCIM Client 1.0.0" },
      body,
    });
  const refused = await post('{"emails":[{"value":"x@x.test"}],"password":"canary-in-the-clear"}');
  expect(refused.status).toBe(400);
  const id = refused.headers.get("x-request-id") ?? "";
  const taken = await post('{"userName":"new@x.test"}');

  const log = await rig.run(["scim", "log", "--status", "4xx"]);
  expect(log.stdout).toContain(id);
  expect(log.stdout).toMatch(/^\S+ +req_\S+ +400 +\d+ +POST \/Users +invalidValue: .*userName/mu);
  expect(log.stdout).not.toContain(taken.headers.get("x-request-id"));
  const shown = await rig.run(["scim", "show", id]);
  expect(shown.stdout).toMatch(/^from +Okta SCIM Client 1\.0\.0$/mu);
  expect(shown.stdout).toContain("x@x.test");
  expect(shown.stdout).not.toContain("canary-in-the-clear");

  const dry = await rig.run(["scim", "replay", id, "--dry-run"]);
  expect(dry).toMatchObject({ code: 5, stdout: expect.stringContaining("It would be answered 400.") as string });
  const before = await rig.logged();
  const again = await rig.run(["scim", "replay", taken.headers.get("x-request-id") ?? ""]);
  // It is there already.
  expect(again).toMatchObject({ code: 5, stdout: expect.stringContaining("It was answered 409.") as string });
  expect(await rig.logged()).toEqual(before);
  expect((await rig.run(["scim", "show", "req_none"])).code).toBe(78);

  const audit = await rig.run(["audit", "--limit", "2"]);
  expect(audit.stdout).toMatch(/^\S+ +api_key [0-9a-f]{8} +scim_request\.replayed +req_\S+/mu);
  expect(audit.stdout).toMatch(/ directory\.created +directory_/u);
});

test("--follow shows requests as they come, until it is stopped", async ({ rig }) => {
  const following = rig.start(["scim", "log", "--follow", "--status", "404", "--json"]);
  const ask = (path: string): Promise<Response> =>
    fetch(`${rig.company.scimUrl}/${path}`, { headers: { Authorization: `Bearer ${rig.company.token}` } });
  await ask("Users/first");
  await following.output("stdout", /"path":"\/Users\/first"/u);
  await ask("Users");
  await ask("Users/second");
  await following.output("stdout", /"path":"\/Users\/second"/u);
  following.signal("SIGTERM");
  const { code, stdout } = await following.exit;
  expect(code).toBe(0);
  expect(stdout.trim().split("\n")).toHaveLength(2);
});
