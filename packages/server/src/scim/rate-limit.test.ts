import { describe, expect, test } from "vitest";
import { fields, runtimeWith, startServer } from "../fixtures/running-server.ts";
import { RateLimiter } from "./rate-limit.ts";

describe("a directory that sends too much", () => {
  test("is told when to go on, as a SCIM error, and no other directory notices", async () => {
    let nowMs = Date.parse("2026-11-26T12:00:00Z");
    const running = await startServer({
      scimRate: { perSecond: 2, burst: 3 },
      runtime: runtimeWith({ now: () => nowMs }),
    });
    const [wild, calm] = [await running.createDirectory(), await running.createDirectory()];
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await wild.scim("/Users")).status);
    expect(statuses).toEqual([200, 200, 200]);
    const refused = await wild.scim("/Users", { method: "POST", body: { userName: "a@x.test" } });
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(fields(refused)).toMatchObject({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      status: "429",
      detail: expect.stringContaining("2 a second") as string,
    });
    expect((await calm.scim("/Users")).status).toBe(200);
    nowMs += 1_000;
    expect((await wild.scim("/Users")).status).toBe(200);
    expect(fields(await wild.scim("/Users"))["totalResults"]).toBe(0);
    expect((await wild.scim("/Users")).status).toBe(429);
  });

  test("whose token is wrong is not counted: nobody can use up what is another's", async () => {
    const running = await startServer({ scimRate: { perSecond: 1, burst: 1 } });
    const { created, scim } = await running.createDirectory();
    const path = `/scim/v2.0/${String(created.external_key)}/Users`;
    for (let count = 0; count < 5; count += 1) {
      expect((await running.api(path, { headers: { Authorization: "Bearer wrong" } })).status).toBe(401);
    }
    expect((await scim("/Users")).status).toBe(200);
  });

  test("is not limited unless it is asked for, nor at 0", async () => {
    for (const options of [{}, { scimRate: { perSecond: 0, burst: 1 } }]) {
      const { scim } = await (await startServer(options)).createDirectory();
      for (let count = 0; count < 20; count += 1) expect((await scim("/ServiceProviderConfig")).status).toBe(200);
    }
    for (const scimRate of [
      { perSecond: -1, burst: 1 },
      { perSecond: 1, burst: 0 },
      { perSecond: Number.NaN, burst: 1 },
    ]) {
      await expect(startServer({ scimRate })).rejects.toMatchObject({ code: "config_invalid", where: "scimRate" });
    }
  });
});

/** Reading a hundred rows, or an operation of a bulk request, takes as long as a request, and would else be everybody's time. */
describe("a request that takes much", () => {
  const people = 500;

  /** Whether another request is let in after this one, in a directory of 500 people in a group that may send so many at once. */
  async function letsInAfter(path: string, { burst, body }: { burst: number; body: object | undefined }) {
    const running = await startServer({ scimRate: { perSecond: 1, burst }, runtime: runtimeWith({ now: () => 0 }) });
    const { created, scim } = await running.createDirectory();
    const imported = Array.from({ length: people }, (_, index) => ({
      user: { userName: `u${String(index)}@x.test`, title: "t" },
      groups: ["G"],
    }));
    await running.api(`/directories/${created.id}/import`, {
      method: "POST",
      body: { mode: "apply", people: imported },
    });
    const groups = fields(await running.api(`/directory_groups?directory=${created.id}`))["data"] as { id: string }[];
    const call = body === undefined ? {} : { method: "POST", body };
    expect((await scim(path.replace(":id", groups[0]?.id ?? ""), call)).status).toBe(200);
    return (await scim("/ServiceProviderConfig")).status === 200;
  }

  const Operations = Array.from({ length: people }, () => ({ method: "DELETE", path: "/Users/nobody" }));

  test.each([
    ["a page of 500", 6, "/Users?count=500", undefined],
    ["a filter that reads everybody", 6, '/Users?filter=title eq "x"', undefined],
    ["a filter that reads a group", 6, '/Users?filter=groups.display eq "G"&count=500', undefined],
    ["a group with its 500 members", 6, "/Groups/:id", undefined],
    ["a page of groups with them", 6, "/Groups", undefined],
    ["a bulk request of 500 operations", people, "/Bulk", { Operations }],
    ["(control) a user that is looked up", 1, '/Users?filter=userName eq "u1@x.test"', undefined],
  ])("%s counts as %d", async (_name, cost, path, body) => {
    expect(await letsInAfter(path, { burst: cost, body })).toBe(false);
    // A row more or less is nothing.
    expect(await letsInAfter(path, { burst: cost + 1.1, body })).toBe(true);
  });

  test("keeps those after it waiting for a full share at the most", () => {
    let nowMs = 0;
    const limiter = new RateLimiter({ perSecond: 10, burst: 100 }, () => nowMs);
    expect(limiter.admit(1)).toBeNull();
    limiter.charge(1, 5_000);
    expect(limiter.admit(2)).toBeNull();
    expect(limiter.admit(1)).toBe(11);
    nowMs += 11_000;
    expect(limiter.admit(1)).toBeNull();
  });
});

describe("the share of a directory", () => {
  test("is in the long run what is allowed, whatever the order of requests", () => {
    let nowMs = 0;
    const limiter = new RateLimiter({ perSecond: 5, burst: 10 }, () => nowMs);
    let admitted = 0;
    for (; nowMs < 60_000; nowMs += 7) if (limiter.admit(1) === null) admitted += 1;
    expect(admitted).toBeGreaterThanOrEqual(5 * 60);
    expect(admitted).toBeLessThanOrEqual(5 * 60 + 10);
  });

  test("waits as long as it is told, and survives a clock that is set back", () => {
    let nowMs = 100_000;
    const limiter = new RateLimiter({ perSecond: 0.1, burst: 1 }, () => nowMs);
    expect(limiter.admit(1)).toBeNull();
    const seconds = limiter.admit(1);
    expect(seconds).toBe(10);
    nowMs -= 50_000;
    expect(limiter.admit(1)).toBe(10);
    nowMs += 10_000;
    expect(limiter.admit(1)).toBeNull();
  });
});
