/** Names that people choose themselves, or that somebody puts into a request, are shown and never obeyed. */
import { DirectorySync } from "@dirsync/sdk";
import { expect } from "vitest";
import { test } from "../support/rig.ts";

const hostile = "\u001b]0;owned\u0007\u001b[2J\u202Egnp.exe\r\nroot  admin";
// oxlint-disable-next-line no-control-regex -- these are the characters that must not arrive
const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u;

test("no command lets a name drive the terminal or make a line of its own", async ({ rig }) => {
  const { url } = rig.company;
  const client = new DirectorySync({ apiKey: rig.key, baseUrl: url });
  const { scim } = await client.directories.create({ name: `Acme ${hostile}`, type: "generic scim v2.0" });
  const headers = { authorization: `Bearer ${scim.bearer_token}` };
  const send = async (path: string, body: object): Promise<{ id: string }> => {
    const answer = await fetch(`${scim.base_url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return (await answer.json()) as { id: string };
  };
  const { id } = await send("/Users", {
    userName: "eve@acme.example",
    name: { formatted: hostile, givenName: hostile },
  });
  await send("/Groups", { displayName: `Team ${hostile}`, members: [{ value: id }] });
  await send("/Users", { userName: "eve@acme.example", displayName: hostile });
  await rig.run(["tail", "--once", "--stdout"]);
  for (const command of [
    "directories list",
    "users list",
    "groups list",
    "state groups",
    "why eve@acme.example",
    "scim log",
  ]) {
    const { code, stdout, stderr } = await rig.run(command.split(" "));
    expect([command, code]).toEqual([command, 0]);
    expect(`${stdout}${stderr}`).not.toMatch(obeyed);
    expect(stdout).not.toMatch(/^root {2}admin/mu);
    if (command !== "users list" && command !== "scim log") expect(stdout).toContain(String.raw`\u001b]0;owned\u0007`);
  }
});
