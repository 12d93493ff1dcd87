/** A service that does not go on from where the tail is: what the commands say and how they end. */
import { describe, expect } from "vitest";
import { answer, type Fault, type Page, rewritten } from "../support/fault-proxy.ts";
import { test } from "../support/rig.ts";

const once = ["tail", "--once", "--stdout"];

describe.concurrent("a service that has forgotten the cursor, and everything before it", () => {
  test("leaves a gap: what it has is delivered, and everybody is told until it is closed", async ({ rig }) => {
    expect((await rig.run(once)).code).toBe(0);
    const before = await rig.logged();
    await rig.company.hire(2);
    rig.proxy.fault = forgetting(before);
    const left = [...once, "--leave-gaps"];
    const exit = await rig.run([...left, "--json"]);
    expect(exit.code).toBe(4);
    expect(exit.stderr).toMatch(/"level":"error".*"reason":"reset".*a gap is on record/);
    expect(rig.delivered()).toEqual(await rig.logged());
    const { gaps } = JSON.parse((await rig.run(["status", "--json"])).stdout) as {
      gaps: readonly { resumed_at: string }[];
    };
    expect(gaps).toMatchObject([{ reason: "reset", from_cursor: before.at(-1) }]);
    expect(Date.parse(gaps[0]?.resumed_at ?? "")).toBeLessThanOrEqual(Date.now());
    const told = await rig.run(["status"]);
    expect(told.stdout).toMatch(/^gap +events between \S+Z and \S+Z may be missing: the service no longer has/m);
    expect((await rig.run(left)).code).toBe(4);
    expect(rig.delivered()).toHaveLength(8);
  });

  test("has it closed by what it lists, and what was lost is delivered as events of ours", async ({ rig }) => {
    expect((await rig.run(once)).code).toBe(0);
    const before = await rig.logged();
    await rig.company.hire(3);
    const [lost = "", ...kept] = (await rig.logged()).slice(before.length);
    rig.proxy.fault = forgetting([...before, lost]);
    const exit = await rig.run([...once, "--json"]);
    expect(exit.code).toBe(0);
    expect(exit.stderr).toMatch(/"level":"error".*a gap is on record/);
    const [first, second, made, ...others] = rig.delivered().slice(before.length);
    expect([[first, second], others]).toEqual([kept, []]);
    expect(made).toMatch(/^rec_scan_/);
    expect((await rig.run(["status", "--json"])).stdout).toContain('"gaps":[]');
    expect((await rig.run(once)).code).toBe(0);
    expect(rig.delivered()).toHaveLength(before.length + 3);
  });

  test("is left a gap where only a part of the log is read: lists would tell what that was never asked for", async ({
    rig,
  }) => {
    const part = [...once, "--source-events", "dsync.user.created"];
    expect((await rig.run(part)).code).toBe(0);
    const before = await rig.logged();
    await rig.company.hire(2);
    rig.proxy.fault = forgetting(before);
    const exit = await rig.run(part);
    expect(exit.code).toBe(4);
    expect(exit.stderr).toMatch(/a gap is on record/);
    // Five people and two more, none of it made here. The directory itself was not asked for.
    expect(rig.delivered()).toEqual((await rig.logged()).slice(1));
  });

  test("(control) but not one that has forgotten only what came before it", async ({ rig }) => {
    await rig.run(once);
    const before = await rig.logged();
    await rig.company.hire(2);
    rig.proxy.fault = forgetting(before.slice(0, -1));
    expect((await rig.run(once)).code).toBe(0);
    expect(rig.delivered()).toEqual(await rig.logged());
  });
});

describe.concurrent("another log under the same address", () => {
  test("is no gap but a mistake: nothing of it is delivered, nothing changes, and the right one goes on", async ({
    rig,
  }) => {
    await rig.run(once);
    const own = rig.proxy.target;
    rig.proxy.target = await rig.otherCompany();
    const exit = await rig.run(once);
    expect(exit).toMatchObject({ code: 78, stdout: "" });
    expect(exit.stderr).toMatch(/does not know event event_\w+.*another environment.*Nothing was changed/);
    expect((await rig.run(["status", "--json"])).stdout).toContain('"gaps":[]');
    rig.proxy.target = own;
    await rig.company.hire(1);
    expect((await rig.run(once)).code).toBe(0);
    expect(rig.delivered()).toEqual(await rig.logged());
  });
});

describe.concurrent("what the service lists and is no event", () => {
  test("is kept, shown and given up, and the rest is delivered", async ({ rig }) => {
    const [, second = ""] = await rig.logged();
    rig.proxy.fault = rewritten((body) => ({ ...body, data: body.data.map((event) => without(event, second)) }));
    const exit = await rig.run(once);
    expect(exit.code).toBe(0);
    expect(exit.stderr).toMatch(/lists what is no event/);
    expect(rig.delivered()).toEqual((await rig.logged()).filter((id) => id !== second));
    const listed = await rig.run(["dead-letters", "list"]);
    expect(listed.stdout).toMatch(new RegExp(`Listed by the service, and no events:[^]*${second}.*expected a name`));
    const shown = await rig.run(["dead-letters", "show", second, "--json"]);
    expect(JSON.parse(shown.stdout)).toMatchObject({ event_id: second, sink: null, payload: { id: second, data: {} } });
    expect((await rig.run(["status"])).stdout).toMatch(/^refused +1 listed by the service/m);
    expect((await rig.run(["dead-letters", "retry", second])).code).toBe(2);
    expect((await rig.run(["dead-letters", "discard", second])).stdout).toBe("1 dead letter discarded.\n");
    expect((await rig.run(["dead-letters", "list"])).stdout).toBe("No dead letters.\n");
    expect((await rig.run(["status", "--json"])).stdout).toContain('"source_dead_letters":0');
  });
});

/** A service that no longer has these events, and refuses them as cursors. */
function forgetting(ids: readonly string[]): Fault {
  const refusal = JSON.stringify({ message: "Event not found.", code: "event_cursor_not_found" });
  return async (call) => {
    if (ids.includes(call.url.searchParams.get("after") ?? "")) return answer(400, refusal)(call);
    return rewritten((body) => ({ ...body, data: body.data.filter(({ id }) => !ids.includes(String(id))) }))(call);
  };
}

function without(event: Page["data"][number], id: string): object {
  return event["id"] === id ? { ...event, event: "" } : event;
}
