import { describe, expect, test } from "vitest";
import { fields, runtimeWith, startServer, text } from "../fixtures/running-server.ts";
import type { Answer, RunningDirectory } from "../fixtures/running-server.ts";
import { etagOf } from "./etag.ts";

const ada = { userName: "ada@x.test", title: "Engineer" };
const replaceTitle = (value: string) => ({ Operations: [{ op: "replace", path: "title", value }] });
const addMember = (value: string) => ({ Operations: [{ op: "add", path: "members", value: [{ value }] }] });

const versionOf = (answer: Answer): string => (fields(answer)["meta"] as { version: string }).version;

type Scim = RunningDirectory["scim"];

async function made(scim: Scim, path: string, body: unknown): Promise<{ path: string; id: string; tag: string }> {
  const answer = await scim(path, { method: "POST", body });
  return { path: `${path}/${text(answer, "id")}`, id: text(answer, "id"), tag: answer.headers.get("etag") ?? "none" };
}

/** The tag that a resource has now. */
async function tagOf(scim: Scim, path: string): Promise<string | null> {
  return (await scim(path)).headers.get("etag");
}

/** A directory whose clock stands still, as it does for requests that are quick enough. */
async function directory(): Promise<Scim> {
  const nowMs = Date.now();
  return (await (await startServer({ runtime: runtimeWith({ now: () => nowMs }) })).createDirectory()).scim;
}

describe("a version", () => {
  test("is a weak tag, the same in the header, in meta and in lists", async () => {
    const scim = await directory();
    const user = await made(scim, "/Users", ada);
    expect(user.tag).toMatch(/^W\/"[0-9a-z.]+"$/u);
    const read = await scim(user.path);
    expect([read.headers.get("etag"), versionOf(read)]).toEqual([user.tag, user.tag]);
    const list = fields(await scim("/Users"))["Resources"] as { meta: { version: string } }[];
    expect(list.map(({ meta }) => meta.version)).toEqual([user.tag]);
  });

  test("changes with every change and stays with a write that changes nothing", async () => {
    const scim = await directory();
    const user = await made(scim, "/Users", ada);
    const unchanged = await scim(user.path, { method: "PATCH", body: replaceTitle("Engineer") });
    expect(unchanged.headers.get("etag")).toBe(user.tag);
    const seen = new Set([user.tag]);
    for (const title of ["a", "b", "a", "b"]) {
      const changed = await scim(user.path, { method: "PATCH", body: replaceTitle(title) });
      expect(changed.headers.get("etag")).toBe(await tagOf(scim, user.path));
      seen.add(versionOf(changed));
    }
    expect(seen.size).toBe(5);
  });

  test("of a group changes with its members, also when one of them is deleted", async () => {
    const scim = await directory();
    const user = await made(scim, "/Users", ada);
    const group = await made(scim, "/Groups", { displayName: "Sales" });
    const other = await made(scim, "/Groups", { displayName: "Support" });
    const added = await scim(group.path, { method: "PATCH", body: addMember(user.id) });
    expect(added.status).toBe(204);
    const withMember = added.headers.get("etag");
    expect(withMember).not.toBe(group.tag);
    expect(await tagOf(scim, group.path)).toBe(withMember);
    const again = await scim(group.path, { method: "PATCH", body: addMember(user.id) });
    expect(again.headers.get("etag")).toBe(withMember);
    await scim(user.path, { method: "DELETE" });
    expect(await tagOf(scim, group.path)).not.toBe(withMember);
    expect(await tagOf(scim, other.path)).toBe(other.tag);
  });

  test("that a restored backup counts anew is another one", () => {
    const early = { version: 3, modified_at: "2026-11-23T12:00:00.000Z" };
    expect(etagOf(early)).not.toBe(etagOf({ ...early, modified_at: "2026-11-23T12:00:00.001Z" }));
    expect(etagOf(early)).not.toBe(etagOf({ ...early, version: 4 }));
  });
});

describe("If-None-Match on a read", () => {
  test.each([
    ["the tag", (tag: string) => tag],
    ["the tag, strong", (tag: string) => tag.slice(2)],
    ["the tag without quotation marks", (tag: string) => tag.replaceAll('"', "")],
    ["one of several", (tag: string) => `W/"other", ${tag}`],
    ["a star", () => "*"],
  ])("%s is a 304 without a body", async (_name, headerOf) => {
    const scim = await directory();
    for (const [path, body] of [
      ["/Users", ada],
      ["/Groups", { displayName: "Sales" }],
    ] as const) {
      const resource = await made(scim, path, body);
      const answer = await scim(resource.path, { headers: { "If-None-Match": headerOf(resource.tag) } });
      expect([answer.status, answer.text, answer.headers.get("etag")]).toEqual([304, "", resource.tag]);
    }
  });

  test.each([["another tag"], ['W/"1"'], [""], ['"'], ['W/"'], [",,"]])("%j is a 200", async (header) => {
    const scim = await directory();
    const user = await made(scim, "/Users", ada);
    expect((await scim(user.path, { headers: { "If-None-Match": header } })).status).toBe(200);
  });
});

describe("If-Match on a write", () => {
  const writes = [
    ["PUT", { ...ada, title: "Lead" }, { displayName: "Sales 2" }],
    ["PATCH", replaceTitle("Lead"), { Operations: [{ op: "replace", path: "displayName", value: "Sales 2" }] }],
    ["DELETE", undefined, undefined],
  ] as const;

  test.each(writes)("%s of an old version is a 412 and changes nothing", async (method, userBody, groupBody) => {
    const running = await startServer();
    const { scim } = await running.createDirectory();
    const user = await made(scim, "/Users", ada);
    const group = await made(scim, "/Groups", { displayName: "Sales" });
    const before = (await running.events()).length;
    for (const [resource, body] of [
      [user, userBody],
      [group, groupBody],
    ] as const) {
      for (const headers of [{ "If-Match": 'W/"0.0"' }, { "If-None-Match": "*" }, { "If-Match": "" }] as const) {
        const refused = await scim(resource.path, { method, body, headers });
        expect([refused.status, fields(refused)["status"]]).toEqual([412, "412"]);
      }
      expect(await tagOf(scim, resource.path)).toBe(resource.tag);
    }
    expect(await running.events()).toHaveLength(before);
  });

  test.each(writes)("%s of the current version, or of any, is done", async (method, userBody, groupBody) => {
    const scim = await directory();
    const user = await made(scim, "/Users", ada);
    const group = await made(scim, "/Groups", { displayName: "Sales" });
    const headers = { "If-Match": user.tag };
    expect((await scim(user.path, { method, body: userBody, headers })).status).toBeLessThan(300);
    const any = { "If-Match": "*", "If-None-Match": 'W/"0.0"' };
    expect((await scim(group.path, { method, body: groupBody, headers: any })).status).toBeLessThan(300);
  });

  test("of many writes at once that know the same version, exactly one is done", async () => {
    const scim = await directory();
    const user = await made(scim, "/Users", ada);
    const headers = { "If-Match": user.tag };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        scim(user.path, { method: "PATCH", body: replaceTitle(`t${String(index)}`), headers }),
      ),
    );
    expect(answers.map(({ status }) => status).sort((left, right) => left - right)).toEqual([
      200,
      ...Array<number>(9).fill(412),
    ]);
  });

  test("an id that is not there is a 404, whatever the precondition", async () => {
    const scim = await directory();
    const answer = await scim("/Users/nobody", { method: "DELETE", headers: { "If-Match": "*" } });
    expect(answer.status).toBe(404);
  });
});
