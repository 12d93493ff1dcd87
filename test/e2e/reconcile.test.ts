/** `dirsync reconcile` and `dirsync approve`: what the log never told is shown, then delivered, and nobody goes unproven. */
import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect } from "vitest";
import { answer, type Fault, rewritten } from "../support/fault-proxy.ts";
import { freePort } from "../support/free-port.ts";
import { fromHere } from "../support/from-here.ts";
import { type Rig, test } from "../support/rig.ts";
import { requestBy, requests } from "../support/scim-request.ts";
import { until } from "../support/until.ts";

interface Entry {
  readonly action: string;
  readonly kind: string;
  readonly id?: string;
  readonly group_id?: string;
  readonly user_id?: string;
  readonly fields?: readonly string[];
}

/** The log as it is, without what happens from now on: everything that follows is to be learned from the lists alone. */
function hidingEvents(): Fault {
  const now = new Date().toISOString();
  return async (call) => {
    if (call.url.pathname === "/events") {
      const isBefore = ({ created_at: at }: Record<string, unknown>): boolean => String(at) < now;
      return rewritten((body) => ({ ...body, data: body.data.filter(isBefore), list_metadata: { after: null } }))(call);
    }
    const { status, body } = await call.real();
    return answer(status, body)(call);
  };
}

/** A service that has lost everybody: lists are empty, and it knows no id. */
const nobody =
  (events = hidingEvents()): Fault =>
  async (call) => {
    const { pathname } = call.url;
    if (/^\/directory_(?:users|groups)$/.test(pathname)) {
      return answer(200, '{"object":"list","data":[],"list_metadata":{"before":null,"after":null}}')(call);
    }
    if (/^\/directory_(?:users|groups)\//.test(pathname)) return answer(404, '{"message":"Not found."}')(call);
    return events(call);
  };

/** Lists that skip everybody, while each is still there when it is asked for. */
const forgetful =
  (events = hidingEvents()): Fault =>
  async (call) => {
    if (call.url.pathname === "/directory_users") {
      return answer(200, '{"object":"list","data":[],"list_metadata":{"before":null,"after":null}}')(call);
    }
    return events(call);
  };

const parsed = <T>(text: string): readonly T[] =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as T);

async function users(rig: Rig): Promise<readonly string[]> {
  return (await rig.company.client.users.list({ order: "asc" }).toArray({ max: 200 })).map(({ id }) => id);
}

/** Everybody is known here; then somebody leaves, somebody changes, somebody comes, and a group is made, and no event says so. */
async function drifted(rig: Rig): Promise<{ readonly left: string; readonly changed: string; readonly group: string }> {
  expect(await rig.run(["backfill", "--stdout"], fromHere())).toMatchObject({ code: 0 });
  rig.proxy.fault = hidingEvents();
  const [left = "", changed = ""] = await users(rig);
  await requestBy(rig.company, requests.updateUser(changed, "Director"));
  await requestBy(rig.company, requests.delete("Users", left));
  const made = await requestBy(rig.company, requests.createGroup("Sales"));
  const { id: group } = JSON.parse(made.body) as { id: string };
  await requestBy(rig.company, requests.addMembers(group, [changed]));
  await rig.company.hire(1);
  return { left, changed, group };
}

async function planned(rig: Rig, ...flags: readonly string[]): Promise<readonly Entry[]> {
  const exit = await rig.run(["reconcile", "--plan", "--json", ...flags]);
  expect(exit.code).toBe(0);
  return parsed<Entry>(exit.stdout).filter(({ action }) => action !== undefined);
}

/** What an event does, in the words of a plan. */
function entryOf({ event, data }: DirectoryEvent): string {
  const [, kind = "", verb = ""] = event.split(".");
  const [user, group] = [data["user"], data["group"]] as { id: string }[];
  switch (verb) {
    case "user_added":
      return `create membership ${group?.id} ${user?.id}`;
    case "user_removed":
      return `delete membership ${group?.id} ${user?.id}`;
    default:
      return `${verb.replace(/d$/, "")} ${kind} ${String(data["id"])}`;
  }
}

const told = ({ action, kind, id, group_id: group, user_id: user }: Entry): string =>
  kind === "membership" ? `${action} ${kind} ${group} ${user}` : `${action} ${kind} ${id}`;
const sorted = (texts: readonly string[]) => [...texts].sort((one, other) => (one < other ? -1 : 1));

describe.concurrent("dirsync reconcile", () => {
  test("delivers exactly what it has planned, and finds nothing afterwards", async ({ rig }) => {
    const { left, changed, group } = await drifted(rig);
    const plan = await planned(rig);
    expect(plan).toContainEqual(expect.objectContaining({ action: "update", kind: "user", id: changed }));
    expect(plan.find(({ id }) => id === changed)?.fields).toContain("custom_attributes");
    expect(plan.map(told)).toEqual(
      expect.arrayContaining([`create group ${group}`, `create membership ${group} ${changed}`]),
    );
    // Planning has changed nothing: the same once more.
    expect((await planned(rig)).map(told)).toEqual(plan.map(told));
    const text = await rig.run(["reconcile", "--exit-code"]);
    expect(text.code).toBe(5);
    expect(text.stdout).toContain(`  ~ user ${changed} of `);
    expect(text.stdout).toMatch(/\nPlan: \d+ to create, 1 to change, \d+ to delete\.\n$/);
    // Ids and names of fields: nothing that a field holds.
    expect(text.stdout).not.toContain("Director");

    const applied = await rig.run(["reconcile", "--apply", "--stdout"]);
    expect(applied.code).toBe(0);
    const events = parsed<DirectoryEvent>(applied.stdout);
    expect(sorted(events.map(entryOf))).toEqual(sorted(plan.map(told)));
    expect(events.every(({ context }) => context?.["synthetic"] === true && context["cause"] === "reconcile")).toBe(
      true,
    );
    expect(plan.map(told).some((entry) => entry.endsWith(left))).toBe(true);
    expect(await planned(rig)).toEqual([]);
    expect(await rig.run(["reconcile", "--exit-code"])).toMatchObject({
      code: 0,
      stdout: "Plan: 0 to create, 0 to change, 0 to delete.\n",
    });
  });

  test("delivers nothing while it plans, even to the sinks that are configured", async ({ rig }) => {
    await drifted(rig);
    const hook = rig.write("hook.sh", '#!/bin/sh\necho "$DIRSYNC_EVENT_ID" >> taken\n', 0o755);
    expect(await rig.run(["reconcile", "--plan", "--exec", hook])).toMatchObject({ code: 0 });
    expect(rig.lines("taken")).toEqual([]);
    expect(await rig.run(["reconcile", "--apply", "--exec", hook])).toMatchObject({ code: 0 });
    expect(rig.lines("taken").length).toBeGreaterThan(3);
  });

  test("deletes nobody whom a list has skipped and the service still has", async ({ rig }) => {
    expect(await rig.run(["backfill", "--stdout"], fromHere())).toMatchObject({ code: 0 });
    rig.proxy.fault = forgetful();
    expect(await planned(rig)).toEqual([]);
    const applied = await rig.run(["reconcile", "--apply", "--json"]);
    expect(JSON.parse(applied.stdout)).toMatchObject({ state: "complete", users: { listed: 0, deleted: 0 } });
  });

  test("deletes nobody because a service lists nobody; a person may say so, or give it up", async ({ rig }) => {
    expect(await rig.run(["backfill", "--stdout"], fromHere())).toMatchObject({ code: 0 });
    const everybody = await users(rig);
    rig.proxy.fault = nobody();
    expect(await rig.run(["reconcile", "--apply", "--stdout"])).toMatchObject({ code: 4, stdout: "" });
    const waiting = await rig.run(["approve"]);
    expect(waiting).toMatchObject({ code: 0, stderr: "" });
    // Who looks where the tail stands is told, too.
    const status = await rig.run(["status"]);
    expect(status.stdout).toMatch(
      /^scan +scan_\w+ \(reconcile\) waits for a decision about .+; see: dirsync approve$/m,
    );
    expect(JSON.parse((await rig.run(["status", "--json"])).stdout)).toMatchObject({ scan: { state: "braked" } });
    expect(waiting.stdout).toMatch(/^Deletions wait: 5 of 5 users of directory_\w+\.\n$/);

    const discarded = await rig.run(["approve", "--discard"]);
    expect(discarded.stdout).toMatch(/^Given up: 5 of 5 users/);
    expect(await rig.run(["approve"])).toMatchObject({ stdout: "No deletions wait.\n" });
    expect(await rig.run(["approve", "--all"])).toMatchObject({ code: 2 });

    expect(await rig.run(["reconcile", "--apply"])).toMatchObject({ code: 4 });
    const directory = /directory_\w+/.exec(waiting.stdout)?.[0] ?? "";
    expect(await rig.run(["approve", "--directory", "directory_other"])).toMatchObject({ code: 2 });
    expect((await rig.run(["approve", "--directory", directory])).stdout).toMatch(/^Approved: 5 of 5 users/);
    const applied = await rig.run(["reconcile", "--apply", "--stdout"]);
    expect(applied.code).toBe(0);
    const deleted = parsed<DirectoryEvent>(applied.stdout).filter(({ event }) => event === "dsync.user.deleted");
    expect(sorted(deleted.map(({ data }) => String(data["id"])))).toEqual(sorted(everybody));
  });

  test("beside a running tail asks that one, whose metrics tell of what it found", async ({ rig }) => {
    expect(await rig.run(["backfill", "--stdout"], fromHere())).toMatchObject({ code: 0 });
    const address = `127.0.0.1:${await freePort()}`;
    const tail = rig.start(["tail", "--stdout", "--health", address], fromHere());
    await until(() => tail.stderr.includes("tailing"), { what: "the tail", check: () => tail.mustRun() });
    const metrics = async () => (await fetch(`http://${address}/metrics`)).text();
    const created = (): number => tail.stdout.split('"dsync.user.created"').length - 1;
    const hiding = hidingEvents();
    rig.proxy.fault = hiding;
    await rig.company.hire(1);
    const plan = await planned(rig);
    expect(plan.map(({ action, kind }) => `${action} ${kind}`)).toEqual(["create user"]);
    expect(tail.stdout).toBe("");
    expect(await rig.run(["reconcile", "--apply"])).toMatchObject({ code: 0 });
    await until(() => created() === 1, { what: "the event", check: () => tail.mustRun() });
    expect(await metrics()).toMatch(/^dirsync_drift\{.*kind="user".*\} 1$/m);
    // The log tells everything again: of the one who was hidden, and of one more.
    rig.proxy.fault = null;
    await rig.company.hire(1);
    await until(() => created() === 3, { what: "the log", check: () => tail.mustRun() });
    expect(await rig.run(["reconcile", "--apply"])).toMatchObject({ code: 0 });
    expect(await metrics()).not.toMatch(/^dirsync_drift\{.*\} [1-9]/m);
    rig.proxy.fault = nobody(hiding);
    const braked = await rig.run(["reconcile", "--apply"]);
    expect([braked.code, braked.stdout]).toEqual([4, expect.stringContaining("Deletions wait: 7 of 7 users")]);
    expect(await metrics()).toMatch(/^dirsync_deletions_waiting 7$/m);
    expect(await (await fetch(`http://${address}/readyz`)).text()).toContain("dirsync approve");
    tail.signal("SIGTERM");
    expect(await tail.exit).toMatchObject({ code: 0 });
  });

  test("refuses what does not go together", async ({ rig }) => {
    expect(await rig.run(["reconcile", "--plan", "--apply"])).toMatchObject({ code: 2, stdout: "" });
    expect(await rig.run(["reconcile", "--apply", "--exit-code"])).toMatchObject({ code: 2, stdout: "" });
    expect(await rig.run(["approve", "--all", "--discard"])).toMatchObject({ code: 2, stdout: "" });
    expect(rig.proxy.arrivals).toHaveLength(0);
  });
});
