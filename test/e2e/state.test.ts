/** `dirsync state` and `dirsync why`: what is, what was, and how it came about, from the state file of a tail. */
import { describe, expect } from "vitest";
import { type Rig, test } from "../support/rig.ts";

interface Row {
  readonly id: string;
  readonly email?: string | null | undefined;
}

async function rowsOf(rig: Rig, args: readonly string[]): Promise<readonly Row[]> {
  const { code, stdout } = await rig.run(["state", ...args, "--json"]);
  expect(code).toBe(0);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);
}

/** What an identity provider does when an account is removed for good. */
async function remove({ company }: Rig, email: string): Promise<void> {
  const headers = { authorization: `Bearer ${company.token}` };
  const filter = encodeURIComponent(`userName eq "${email}"`);
  const found = (await (await fetch(`${company.scimUrl}/Users?filter=${filter}`, { headers })).json()) as {
    readonly Resources: readonly { readonly id: string }[];
  };
  const removed = await fetch(`${company.scimUrl}/Users/${found.Resources[0]?.id ?? ""}`, {
    method: "DELETE",
    headers,
  });
  expect(removed.status).toBe(204);
}

async function tail(rig: Rig): Promise<void> {
  expect(await rig.run(["tail", "--once", "--stdout"])).toMatchObject({ code: 0 });
}

describe.concurrent("dirsync state", () => {
  test("lists what the service lists, and says that more may exist", async ({ rig }) => {
    await tail(rig);
    const exit = await rig.run(["state", "users"]);
    expect(exit).toMatchObject({ code: 0 });
    expect(exit.stderr).toMatch(/This is what events have told of; more may exist\. `dirsync backfill`/);
    const listed: Row[] = [];
    for await (const directory of rig.company.client.directories.list()) {
      for await (const user of rig.company.client.users.list({ directory: directory.id })) listed.push(user);
    }
    expect(listed).toHaveLength(5);
    const rows = await rowsOf(rig, ["users"]);
    expect(new Set(rows.map(({ id }) => id))).toEqual(new Set(listed.map(({ id }) => id)));
    for (const { email } of listed) expect(exit.stdout).toContain(email);
    const [directory] = await rowsOf(rig, ["directories"]);
    await expect(rowsOf(rig, ["users", "--directory", directory?.id ?? ""])).resolves.toEqual(rows);
    await expect(rowsOf(rig, ["users", "--directory", "directory_other"])).resolves.toEqual([]);
    await expect(rowsOf(rig, [])).resolves.toMatchObject([{ directory_id: directory?.id, users: 5, groups: 0 }]);
    expect((await rig.run(["state"])).stdout).toMatch(/^DIRECTORY +NAME +STATE +USERS +GROUPS +MEMBERSHIPS\n/);
  });

  test("--at shows who was there then, and nobody before the first event", async ({ rig }) => {
    const log = await rig.company.log();
    await remove(rig, String(log.at(-1)?.data["email"]));
    await tail(rig);
    const [now, then] = [
      await rowsOf(rig, ["users"]),
      await rowsOf(rig, ["users", "--at", log.at(-1)?.created_at ?? ""]),
    ];
    expect(then).toHaveLength(5);
    expect(now).toHaveLength(4);
    const before = await rig.run(["state", "users", "--at", "2020-01-01T00:00:00Z"]);
    expect(before).toMatchObject({ code: 0, stdout: "No users.\n" });
    expect(before.stderr).toMatch(/^The first event that the state file has came after 2020-01-01/);
  });

  test("--at is refused, and gives no answer, once events were forgotten", async ({ rig }) => {
    await tail(rig);
    expect(await rig.run(["tail", "--once", "--stdout", "--retention", "0s"])).toMatchObject({ code: 0 });
    const exit = await rig.run(["state", "users", "--at", new Date().toISOString()]);
    expect(exit).toMatchObject({ code: 2, stdout: "" });
    expect(exit.stderr).toMatch(/has forgotten events/);
    await expect(rowsOf(rig, ["users"])).resolves.toHaveLength(5);
    expect(await rig.run(["state", "--at", "monday"])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe.concurrent("dirsync why", () => {
  test("names the events about a person, and what the sink made of them", async ({ rig }) => {
    const hook = rig.write("refuse.sh", "#!/bin/sh\nexit 65\n", 0o755);
    expect(await rig.run(["tail", "--once", "--exec", hook])).toMatchObject({ code: 0 });
    const [, created] = await rig.company.log();
    const [id, email] = [String(created?.data["id"]), String(created?.data["email"])];
    const exit = await rig.run(["why", email.toUpperCase()]);
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    expect(exit.stdout).toContain(`${email}  ${id}  active\n`);
    expect(exit.stdout).toMatch(
      /\* +2\S+ +dsync\.user\.created +- +event_\S+ +the service +\S+ +dead letter after 1 try/,
    );
    const told = JSON.parse((await rig.run(["why", id, "--json"])).stdout) as { readonly events: readonly unknown[] };
    expect(told).toMatchObject({ user_id: id, user: { email }, forgotten_up_to_seq: 0 });
    expect(told.events).toMatchObject([
      { decisive: false, event: { event: "dsync.activated" } },
      { decisive: true, origin: "upstream", event: { id: created?.id }, answers: [{ state: "dead", attempts: 1 }] },
    ]);
  });

  test("of one who has left still knows the address, and of a stranger knows nothing", async ({ rig }) => {
    const [, created] = await rig.company.log();
    const [id, email] = [String(created?.data["id"]), String(created?.data["email"])];
    await remove(rig, email);
    await tail(rig);
    const exit = await rig.run(["why", email]);
    expect(exit.stdout).toContain(`${id} is gone\n`);
    expect(exit.stdout).toMatch(/\* +2\S+ +dsync\.user\.deleted .* finished/);
    const stranger = await rig.run(["why", "nobody@example.test"]);
    expect(stranger.code).toBe(5);
    expect(stranger.stdout).toMatch(/has no event about nobody@example\.test/);
  });
});
