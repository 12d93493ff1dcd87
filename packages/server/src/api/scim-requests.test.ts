import { describe, expect, test } from "vitest";
import type { List } from "@dirsync/sdk";
import { fields, runtimeWith, startServer, text } from "../fixtures/running-server.ts";
import type { Answer, RunningServer } from "../fixtures/running-server.ts";

interface Listed {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly scim_error: { readonly scimType: string | null; readonly detail: string } | null;
}

describe("the log of SCIM requests", () => {
  test("has every request with its answer, by the id that the answer carried", async () => {
    const running = await startServer();
    const { created, scim } = await running.createDirectory();
    const made = await scim("/Users", { method: "POST", body: { userName: "a@x.test" } });
    const again = await scim("/Users", {
      method: "POST",
      body: { userName: "A@x.test" },
      headers: { "User-Agent": "Okta SCIM Client 1.0.0" },
    });
    await scim('/Users?filter=userName eq "nobody@x.test"');
    const [list, second, first] = await requests(running);
    expect(first).toMatchObject({
      method: "POST",
      path: "/Users",
      status: 201,
      scim_error: null,
      id: made.headers.get("x-request-id"),
    });
    expect(second).toMatchObject({
      status: 409,
      directory_id: created.id,
      user_agent: "Okta SCIM Client 1.0.0",
      scim_error: { scimType: "uniqueness", detail: expect.stringContaining("userName") as string },
      replayable: true,
    });
    expect(list?.path).toContain("/Users?filter=userName%20eq");
    const shown = await running.api(`/scim_requests/${again.headers.get("x-request-id") ?? ""}`);
    expect(fields(shown)).toMatchObject({ request_body: '{"userName":"A@x.test"}', response_body: again.text });
  });

  test("has the answers about groups and lists of them, too", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const made = await scim("/Groups", { method: "POST", body: { displayName: "Admins" } });
    const listed = await scim("/Groups");
    for (const answer of [made, listed]) {
      const shown = await running.api(`/scim_requests/${answer.headers.get("x-request-id") ?? ""}`);
      expect(fields(shown)).toMatchObject({ response_body: answer.text });
    }
  });

  test("lists those of a directory and of a status, in pages, and refuses what it does not know", async () => {
    const running = await startServer();
    const [one, two] = [await running.createDirectory(), await running.createDirectory()];
    for (let count = 0; count < 5; count += 1) await one.scim(`/Users/none-${String(count)}`);
    await two.scim("/Users");
    expect(await requests(running, `?directory=${two.created.id}`)).toHaveLength(1);
    expect((await requests(running, "?status=4xx")).map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(await requests(running, "?status=200")).toHaveLength(1);
    const page = (await running.api("/scim_requests?status=404&limit=2&order=asc")).body as List<Listed>;
    expect(page.data.map(({ path }) => path)).toEqual(["/Users/none-0", "/Users/none-1"]);
    const next = await requests(running, `?status=404&order=asc&limit=100&after=${page.list_metadata.after ?? ""}`);
    expect(next.map(({ path }) => path)).toEqual(["/Users/none-2", "/Users/none-3", "/Users/none-4"]);
    for (const [query, status] of [
      ["status=9xx", 422],
      ["directory=directory_none", 404],
      ["after=req_none", 400],
    ] as const) {
      expect((await running.api(`/scim_requests?${query}`)).status).toBe(status);
    }
    expect((await running.api("/scim_requests/req_none")).status).toBe(404);
  });

  test("never has a token or a password, in whatever way it was sent", async () => {
    const running = await startServer();
    const { created, scim } = await running.createDirectory();
    const secret = "canary-7c1f-in-the-clear";
    await scim("/Users", {
      method: "POST",
      body: { userName: "a@x.test", password: secret, "urn:x:1": { apiToken: secret } },
    });
    const operations = [
      { op: "replace", path: "password", value: secret },
      { op: "replace", value: { Password: secret } },
    ];
    const [{ id } = { id: "" }] = ((await scim("/Users")).body as { Resources: { id: string }[] }).Resources;
    await scim(`/Users/${id}`, { method: "PATCH", body: { Operations: operations } });
    await scim("/Users", { method: "POST", body: `{"userName":"b","password":"${secret}"` });
    await scim("/Users", { method: "POST", body: `{"userName":"c@x.test","\\u0070\\u0061ssword":"${secret}"}` });
    await scim("/Users/.search", { method: "POST", body: { Filter: `password eq "${secret}"` } });
    await scim(`/Users?access_token=${secret}`);
    await scim(`/Users?filter=p%61ssword%20eq%20%22%ZZ${secret}%22`);
    await scim(`/Users?filter=password eq "${secret}"`);
    const all = await Promise.all(
      (await requests(running, "?limit=100")).map(({ id: each }) => running.api(`/scim_requests/${each}`)),
    );
    expect(all.length).toBeGreaterThanOrEqual(6);
    const kept = all.map((each) => each.text).join("\n");
    expect(kept).not.toContain(secret);
    expect(kept).not.toContain(created.scim.bearer_token);
    // (control) What is no secret is there, or nobody could tell what went wrong.
    expect(kept).toContain("a@x.test");
    expect(kept).toContain("[redacted]");
  });

  test("has refused tokens of directories there are, without what they sent, and no others", async () => {
    const running = await startServer();
    const { created } = await running.createDirectory();
    const call = { method: "POST", headers: { Authorization: "Bearer wrong" }, body: { userName: "guess" } };
    await running.api(`/scim/v2.0/${String(created.external_key)}/Users`, call);
    await running.api("/scim/v2.0/nothing/Users", call);
    const all = await requests(running);
    expect(all).toMatchObject([{ status: 401, directory_id: created.id, replayable: false }]);
    const shown = await running.api(`/scim_requests/${all[0]?.id ?? ""}`);
    expect(fields(shown)["request_body"]).toBeNull();
    const replayed = await running.api(`/scim_requests/${all[0]?.id ?? ""}/replay`, { method: "POST", body: {} });
    expect([replayed.status, fields(replayed)["code"]]).toEqual([409, "not_replayable"]);
  });

  test("keeps as many as it is told, for as long as it is told, and forgets a directory with it", async () => {
    let nowMs = Date.parse("2026-11-26T12:00:00Z");
    const running = await startServer({
      scimLog: { requestsMax: 3, days: 1 },
      runtime: runtimeWith({ now: () => nowMs }),
    });
    const { created, scim } = await running.createDirectory();
    for (let count = 0; count < 6; count += 1) await scim(`/Users/${String(count)}`);
    // Old ones are looked for once a minute; on a busy machine that may have been in the middle of these.
    nowMs += 61_000;
    await scim("/Users/6");
    expect((await requests(running)).map(({ path }) => path)).toEqual(["/Users/6", "/Users/5", "/Users/4"]);
    nowMs += 25 * 60 * 60 * 1_000;
    await scim("/Users/late");
    expect((await requests(running)).map(({ path }) => path)).toEqual(["/Users/late"]);
    await running.api(`/directories/${created.id}`, { method: "DELETE" });
    expect(await requests(running)).toEqual([]);
  });

  test("keeps nothing when it is off", async () => {
    const running = await startServer({ scimLog: { requestsMax: 0 } });
    await (await running.createDirectory()).scim("/Users");
    expect(await requests(running)).toEqual([]);
    await expect(startServer({ scimLog: { requestsMax: -1 } })).rejects.toMatchObject({ where: "scimLog" });
  });
});

describe("a request that is sent once more", () => {
  test("does what it would do now, and in a dry run only tells it", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const made = await scim("/Users", { method: "POST", body: { userName: "a@x.test" } });
    const refused = await scim("/Users", { method: "POST", body: { userName: "a@x.test" } });
    await scim(`/Users/${text(made, "id")}`, { method: "DELETE" });
    const before = await running.events();
    const replay = (body: object) =>
      running.api(`/scim_requests/${refused.headers.get("x-request-id") ?? ""}/replay`, { method: "POST", body });

    const dry = fields(await replay({ dry_run: true }));
    expect(dry).toMatchObject({ status: 201, dry_run: true, events: [{ event: "dsync.user.created" }] });
    expect(await running.events()).toEqual(before);
    expect(fields(await scim("/Users"))["totalResults"]).toBe(0);

    const real = fields(await replay({}));
    expect(real).toMatchObject({ status: 201, dry_run: false, events: [{ event: "dsync.user.created" }] });
    expect((await running.events()).slice(before.length)).toEqual(real["events"]);
    expect(fields(await scim("/Users"))["totalResults"]).toBe(1);
    const logged = (await requests(running)).filter(({ method }) => method === "POST");
    // The dry run is not in the log: nobody sent it.
    expect(logged.map(({ status }) => status)).toEqual([201, 409, 201]);
    expect(logged[0]).toMatchObject({ user_agent: expect.stringContaining("dirsync-replay") as string });
  });

  test("is sent under the condition it was sent under, so that it does not undo what came in between", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const made = await scim("/Users", { method: "POST", body: { userName: "a@x.test", title: "One" } });
    const path = `/Users/${text(made, "id")}`;
    const first = made.headers.get("etag") ?? "";
    const retitled = (title: string) => ({ Operations: [{ op: "replace", path: "title", value: title }] });
    const patch = (title: string, headers: Readonly<Record<string, string>>) =>
      scim(path, { method: "PATCH", body: retitled(title), headers });
    const sentAgain = async (answer: Answer) => {
      const id = answer.headers.get("x-request-id") ?? "";
      return fields(await running.api(`/scim_requests/${id}/replay`, { method: "POST", body: {} }));
    };
    const two = await patch("Two", { "If-Match": first });
    const three = await patch("Three", { "If-None-Match": first });
    const free = await patch("Four", {});
    const read = await scim(path, { headers: { "If-None-Match": free.headers.get("etag") ?? "" } });
    expect([two, three, free, read].map(({ status }) => status)).toEqual([200, 200, 200, 304]);
    const shown = await running.api(`/scim_requests/${two.headers.get("x-request-id") ?? ""}`);
    expect(fields(shown)).toMatchObject({ if_match: first, if_none_match: null });
    // Its version is not the newest any more.
    expect(await sentAgain(two)).toMatchObject({ status: 412, events: [] });
    expect(await sentAgain(read)).toMatchObject({ status: 304 });
    // (control) The same without a condition is carried out, and so is what any version but the first was right for.
    expect(await sentAgain(three)).toMatchObject({ status: 200 });
    expect(fields(await scim(path))["title"]).toBe("Three");
    expect(await sentAgain(free)).toMatchObject({ status: 200 });
    expect(fields(await scim(path))["title"]).toBe("Four");
  });

  test("is refused when a condition was too long to be kept", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const made = await scim("/Users", { method: "POST", body: { userName: "a@x.test" } });
    const tags = Array.from({ length: 200 }, (_, index) => `W/"${String(index)}"`).join(", ");
    const answer = await scim(`/Users/${text(made, "id")}`, { method: "DELETE", headers: { "If-Match": tags } });
    expect(answer.status).toBe(412);
    const replayed = await running.api(`/scim_requests/${answer.headers.get("x-request-id") ?? ""}/replay`, {
      method: "POST",
      body: {},
    });
    expect([replayed.status, fields(replayed)["code"]]).toEqual([409, "not_replayable"]);
  });

  test("goes where the request went, also with a slash too many", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const made = await scim("//Users", { method: "POST", body: { userName: "a@x.test" } });
    await scim(`/Users/${text(made, "id")}`, { method: "DELETE" });
    const path = `/scim_requests/${made.headers.get("x-request-id") ?? ""}/replay`;
    const answer = await running.api(path, { method: "POST", body: { dry_run: false } });
    expect(fields(answer)).toMatchObject({ status: 201 });
  });

  test("is refused for a bulk request in a dry run, and for a directory that is gone", async () => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const bulk = await scim("//Bulk", { method: "POST", body: { Operations: [] } });
    const answer = await running.api(`/scim_requests/${bulk.headers.get("x-request-id") ?? ""}/replay`, {
      method: "POST",
      body: { dry_run: true },
    });
    expect([answer.status, fields(answer)["code"]]).toEqual([409, "dry_run_unsupported"]);
  });
});

async function requests(running: RunningServer, query = ""): Promise<readonly Listed[]> {
  return ((await running.api(`/scim_requests${query}`)).body as List<Listed>).data;
}
