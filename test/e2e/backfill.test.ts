/** Bringing in what the log does not say: by a command of its own, beside a running tail, after a gap. */
import type { DirectoryEvent } from "@dirsync/sdk";
import { describe, expect } from "vitest";
import { answer, type Fault, rewritten } from "../support/fault-proxy.ts";
import { fromHere } from "../support/from-here.ts";
import { type Rig, test } from "../support/rig.ts";
import { until } from "../support/until.ts";

/** What a scan came to, as `--json` tells it. */
interface Told {
  readonly state: string;
  readonly users: {
    readonly listed: number;
    readonly created: number;
    readonly updated: number;
    readonly deleted: number;
  };
  readonly directories: Told["users"];
  readonly brakes: readonly { readonly kind: string; readonly count: number; readonly approved: boolean }[];
}

describe.concurrent("a backfill where no tail runs", () => {
  test("delivers everybody there is, marked, in order, and once", async ({ rig }) => {
    const exit = await rig.run(["backfill", "--stdout"], fromHere());
    expect(exit.code).toBe(0);
    const events = eventsIn(exit.stdout);
    expect(events.map(({ event }) => event)).toEqual([
      "dsync.activated",
      ...Array<string>(5).fill("dsync.user.created"),
    ]);
    expect(events.every(({ context }) => context?.["synthetic"] === true && context["cause"] === "backfill")).toBe(
      true,
    );
    const ids = await userIds(rig);
    expect(
      events
        .slice(1)
        .map(({ data }) => String(data["id"]))
        .sort(),
    ).toEqual([...ids].sort());
    // What was brought in once is not brought in again.
    await rig.company.hire(1);
    const again = await rig.run(["backfill", "--stdout"], fromHere());
    expect(again.code).toBe(0);
    expect(eventsIn(again.stdout).map(({ event, context }) => [event, context?.["synthetic"]])).toEqual([
      ["dsync.user.created", undefined],
    ]);
    const { users } = await scanned(rig, []);
    expect(users).toEqual({ listed: 6, created: 0, updated: 0, deleted: 0 });
  });

  test("needs no sink, and fills the mirror", async ({ rig }) => {
    const told = await scanned(rig, [], fromHere());
    expect(told).toMatchObject({ state: "complete", users: { created: 5 }, directories: { created: 1 }, brakes: [] });
  });

  test("changes nothing in a dry run, and says what it would do", async ({ rig }) => {
    const dry = await scanned(rig, ["--dry-run"], fromHere());
    expect(dry).toMatchObject({ state: "complete", users: { listed: 5, created: 5 } });
    expect((await scanned(rig, [], fromHere())).users.created).toBe(5);
  });

  test("repairs what was missed, of one directory, with what it was before", async ({ rig }) => {
    await scanned(rig, [], fromHere());
    await rig.company.dismissFirst();
    // Read from now on by another state file: of the dismissal it learns by the scan alone.
    rig.proxy.fault = hidingEvents;
    const [directory = ""] = (await rig.company.client.directories.list().page()).data.map(({ id }) => id);
    const exit = await rig.run(["backfill", "--stdout", "--directory", directory]);
    expect(exit.code).toBe(0);
    const [event, ...others] = eventsIn(exit.stdout).filter(({ event: name }) => name === "dsync.user.updated");
    expect(others).toEqual([]);
    expect(event?.data).toMatchObject({ state: "inactive", previous_attributes: { state: "active" } });
  });

  test("deletes nobody because a service lists nobody, and says so", async ({ rig }) => {
    await scanned(rig, [], fromHere());
    rig.proxy.fault = nobody;
    const exit = await rig.run(["backfill", "--json"]);
    expect(exit.code).toBe(4);
    const told = JSON.parse(exit.stdout) as Told;
    expect(told).toMatchObject({ state: "braked", users: { listed: 0, deleted: 0 } });
    expect(told.brakes).toMatchObject([{ kind: "user", count: 5, approved: false }]);
    expect(exit.stderr).toMatch(/waits for a decision/);
  });

  test("(control) but deletes the one who is gone", async ({ rig }) => {
    await scanned(rig, [], fromHere());
    const [first = ""] = await userIds(rig);
    rig.proxy.fault = without(first);
    const exit = await rig.run(["backfill", "--stdout"]);
    expect(exit.code).toBe(0);
    expect(
      eventsIn(exit.stdout)
        .filter(({ event }) => event.endsWith("deleted"))
        .map(({ data }) => data["id"]),
    ).toEqual([first]);
  });
});

describe.concurrent("a backfill beside a running tail", () => {
  test("is made by the tail, to its sinks, and only watched by the command", async ({ rig }) => {
    const tail = rig.start(["tail", "--stdout"], fromHere());
    await tail.output("stderr", /tailing/);
    const exit = await rig.run(["backfill", "--json"]);
    expect(exit.code).toBe(0);
    expect(JSON.parse(exit.stdout)).toMatchObject({ state: "complete", users: { created: 5 } });
    expect(exit.stderr).toMatch(/the tail that runs was asked for it/);
    await until(() => eventsIn(tail.stdout).length === 6, { what: "six events from the tail" });
    tail.signal("SIGTERM");
    expect((await tail.exit).code).toBe(0);
  });
});

/** Runs a backfill to its end. */
async function scanned(
  rig: Rig,
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Told> {
  const exit = await rig.run(["backfill", "--json", ...flags], environment);
  expect(exit).toMatchObject({ code: 0 });
  return JSON.parse(exit.stdout) as Told;
}

function eventsIn(stdout: string): readonly DirectoryEvent[] {
  const lines = stdout.split("\n").filter((line) => line.startsWith('{"object":"event"'));
  return lines.map((line) => JSON.parse(line) as DirectoryEvent);
}

async function userIds(rig: Rig): Promise<readonly string[]> {
  const [directory = ""] = (await rig.company.client.directories.list().page()).data.map(({ id }) => id);
  return (await rig.company.client.users.list({ directory }).page()).data.map(({ id }) => id);
}

/** A log that has nothing to say of users. */
const hidingEvents: Fault = async (call) => {
  if (call.url.pathname !== "/events") return handedThrough(call);
  await rewritten((body) => ({
    ...body,
    data: body.data.filter(({ event }) => !String(event).startsWith("dsync.user")),
  }))(call);
};

/** A service that has lost its users, and its log of them. */
const nobody: Fault = async (call) => {
  const { pathname } = call.url;
  if (pathname === "/directory_users") return rewritten((body) => ({ ...body, data: [], list_metadata: {} }))(call);
  if (pathname.startsWith("/directory_users/"))
    return answer(404, '{"message":"Not found.","code":"entity_not_found"}')(call);
  await handedThrough(call);
};

/** A service that has lost one user. */
function without(id: string): Fault {
  return async (call) => {
    const { pathname } = call.url;
    if (pathname.endsWith(id)) return answer(404, '{"message":"Not found.","code":"entity_not_found"}')(call);
    if (pathname !== "/directory_users") return handedThrough(call);
    await rewritten((body) => ({ ...body, data: body.data.filter((user) => user["id"] !== id) }))(call);
  };
}

const handedThrough: Fault = async (call) => {
  const { status, body } = await call.real();
  await answer(status, body)(call);
};
