import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "@dirsync/sdk";
import { describe, expect, onTestFinished, test } from "vitest";
import { ManualClock } from "../fixtures/manual-clock.ts";
import { fields, runtimeWith, startServer, text } from "../fixtures/running-server.ts";
import type { Answer, RunningServer } from "../fixtures/running-server.ts";

const minuteMs = 60_000;

/** A directory, the call for its tokens, and a SCIM request with any credentials. */
async function stage(options: Parameters<typeof startServer>[0] = {}) {
  const service = await startServer(options);
  const { created } = await service.createDirectory();
  const tokens = (path = "", method = "GET", body?: unknown): Promise<Answer> =>
    service.api(`/directories/${created.id}/tokens${path}`, { method, body });
  const scim = async (authorization: string, path = "/Users", init: RequestInit = {}): Promise<Response> =>
    fetch(`${created.scim.base_url}${path}`, { ...init, headers: { Authorization: authorization } });
  const status = async (token: string): Promise<number> => (await scim(`Bearer ${token}`)).status;
  return { service, created, tokens, scim, status, first: created.scim.bearer_token };
}

async function listed(tokens: (path?: string) => Promise<Answer>) {
  return fields(await tokens())["data"] as readonly Record<string, unknown>[];
}

async function tokenEvents({ api }: RunningServer) {
  const { body } = await api("/events?events=dsync.token.created,dsync.token.revoked&limit=100");
  return (body as { data: { event: string; data: Record<string, unknown> }[] }).data;
}

const post = (userName: string): RequestInit => ({ method: "POST", body: JSON.stringify({ userName }) });

describe("tokens of a directory", () => {
  test("a token is shown when it is made and never again, and it lets in", async () => {
    const { tokens, status, created, first } = await stage();
    const made = await tokens("", "POST", { name: "Okta" });
    expect(made.status).toBe(201);
    const token = text(made, "token");
    expect(fields(made)).toMatchObject({
      object: "directory_token",
      directory_id: created.id,
      organization_id: created.organization_id,
      name: "Okta",
      scope: "provisioning",
      token_suffix: token.slice(-4),
      last_used_at: null,
      expires_at: null,
    });
    expect([await status(token), await status(first)]).toEqual([200, 200]);
    const list = await tokens();
    expect((await listed(tokens)).map(({ name }) => name)).toEqual(["First token", "Okta"]);
    expect(list.text).not.toContain(token);
    expect(list.text).not.toContain(first);
  });

  test("a token ends when it was to end also where the clock was ahead before, and ids still are", async () => {
    const clock = new ManualClock();
    clock.advance(365 * 24 * 60 * minuteMs);
    const { tokens, status, first } = await stage({ runtime: clock.runtime });
    clock.advance(-365 * 24 * 60 * minuteMs);
    const brief = text(await tokens("", "POST", { expires_in_seconds: 3_600 }), "token");
    const [{ id } = { id: "" }] = await listed(tokens);
    await tokens(`/${String(id)}/rotate`, "POST", { overlap_seconds: 3_600 });
    clock.advance(60 * minuteMs - 1);
    expect([await status(first), await status(brief)]).toEqual([200, 200]);
    clock.advance(1);
    expect([await status(first), await status(brief)]).toEqual([401, 401]);
  });

  test("a token that is revoked lets nobody in from then on, and the log says so", async () => {
    const { service, tokens, status, first } = await stage();
    const second = text(await tokens("", "POST", {}), "token");
    const [{ id } = { id: "" }] = await listed(tokens);
    expect((await tokens(`/${String(id)}`, "DELETE")).status).toBe(204);
    expect([await status(first), await status(second)]).toEqual([401, 200]);
    expect((await tokenEvents(service)).map(({ event, data }) => [event, data["token_suffix"]])).toEqual([
      ["dsync.token.created", first.slice(-4)],
      ["dsync.token.created", second.slice(-4)],
      ["dsync.token.revoked", first.slice(-4)],
    ]);
  });

  test("after a rotation both let in until the time that the answer says, and then only the new one does", async () => {
    const clock = new ManualClock();
    const { service, tokens, status, first } = await stage({ runtime: clock.runtime });
    const [{ id } = { id: "" }] = await listed(tokens);
    const rotated = await tokens(`/${String(id)}/rotate`, "POST", { overlap_seconds: 3_600 });
    expect(rotated.status).toBe(201);
    const endsAt = new Date(clock.nowMs + 60 * minuteMs).toISOString();
    expect(fields(rotated)).toMatchObject({ name: "First token", previous: { id, expires_at: endsAt } });
    const next = text(rotated, "token");
    clock.advance(60 * minuteMs - 1);
    expect([await status(first), await status(next)]).toEqual([200, 200]);
    clock.advance(1);
    expect([await status(first), await status(next)]).toEqual([401, 200]);
    await expect.poll(async () => (await tokenEvents(service)).at(-1)?.event).toBe("dsync.token.revoked");
    expect((await listed(tokens)).map(({ token_suffix }) => token_suffix)).toEqual([next.slice(-4)]);
  });

  test("a rotation without overlap ends the old token at once", async () => {
    const { tokens, status, first } = await stage();
    const [{ id } = { id: "" }] = await listed(tokens);
    const rotated = await tokens(`/${String(id)}/rotate`, "POST", { overlap_seconds: 0 });
    expect(fields(rotated)["previous"]).toEqual({ id, expires_at: null });
    expect([await status(first), await status(text(rotated, "token"))]).toEqual([401, 200]);
  });

  test("a read-only token reads and searches, and changes nothing", async () => {
    const { tokens, scim } = await stage();
    const token = `Bearer ${text(await tokens("", "POST", { scope: "read_only" }), "token")}`;
    expect((await scim(token)).status).toBe(200);
    expect((await scim(token, "/Users/.search", { method: "POST", body: "{}" })).status).toBe(200);
    for (const [path, init] of [
      ["/Users", post("mara")],
      ["/Bulk", { method: "POST", body: "{}" }],
      ["/Users/x", { method: "PATCH", body: "{}" }],
      ["/Users/x", { method: "PUT", body: "{}" }],
      ["/Users/x", { method: "DELETE" }],
    ] as const) {
      expect([path, (await scim(token, path, init)).status]).toEqual([path, 403]);
    }
  });

  test("the same token works as the password of Basic, for any user name, and as its own scheme-less header", async () => {
    const { scim, first } = await stage();
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
    expect((await scim(basic(`scim:${first}`))).status).toBe(200);
    expect((await scim(basic(`:${first}`))).status).toBe(200);
    expect((await scim(first)).status).toBe(200);
    expect((await scim(basic(`${first}:wrong`))).status).toBe(401);
    expect((await scim(basic(`scim:${first}x`))).status).toBe(401);
    const refused = await scim("Basic !!!");
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([
      401,
      'Bearer realm="scim", Basic realm="scim"',
    ]);
  });

  test("the token of one directory does not open another, whichever way it is sent", async () => {
    const { service, scim } = await stage();
    const other = (await service.createDirectory()).created.scim.bearer_token;
    expect((await scim(`Bearer ${other}`)).status).toBe(401);
    expect((await scim(`Basic ${Buffer.from(`x:${other}`).toString("base64")}`)).status).toBe(401);
  });

  test("a token is not reached through the id of another directory", async () => {
    const { service, tokens, status, first } = await stage();
    const [{ id } = { id: "" }] = await listed(tokens);
    const other = (await service.createDirectory()).created.id;
    const path = `/directories/${other}/tokens/${String(id)}`;
    expect((await service.api(path, { method: "DELETE" })).status).toBe(404);
    expect((await service.api(`${path}/rotate`, { method: "POST", body: {} })).status).toBe(404);
    expect(await status(first)).toBe(200);
  });

  test("an eleventh token is refused, and says what to do", async () => {
    const { tokens } = await stage();
    for (let made = 1; made < 10; made += 1) expect((await tokens("", "POST", {})).status).toBe(201);
    const refused = await tokens("", "POST", {});
    expect([refused.status, fields(refused)["code"]]).toEqual([409, "too_many_tokens"]);
    expect(text(refused, "message")).toContain("revoke one");
  });

  test.each([
    ["an unknown scope", "", { scope: "admin" }, "scope"],
    ["an end that has come already", "", { expires_in_seconds: -1 }, "expires_in_seconds"],
    ["a field that means nothing", "", { scopes: [] }, "scopes"],
    ["an overlap of years", "/directory_token_x/rotate", { overlap_seconds: 1e9 }, "overlap_seconds"],
  ])("%s is refused", async (_what, path, body, field) => {
    const { tokens } = await stage();
    const refused = await tokens(path, "POST", body);
    expect([refused.status, fields(refused)["errors"]]).toMatchObject([422, [{ field }]]);
  });

  test("a request repeated under its Idempotency-Key makes one token", async () => {
    const { service, created, tokens } = await stage();
    const call = { method: "POST", body: {}, headers: { "Idempotency-Key": "once" } };
    const [one, two] = [
      await service.api(`/directories/${created.id}/tokens`, call),
      await service.api(`/directories/${created.id}/tokens`, call),
    ];
    expect(two.text).toBe(one.text);
    expect(await listed(tokens)).toHaveLength(2);
  });
});

describe("what is kept of a token", () => {
  test("when it was used last, to the minute, and not for a token that was refused", async () => {
    const clock = new ManualClock();
    const { tokens, status, first } = await stage({ runtime: clock.runtime });
    expect((await listed(tokens))[0]).toMatchObject({ last_used_at: null });
    await status(`${first}x`);
    expect((await listed(tokens))[0]).toMatchObject({ last_used_at: null });
    await status(first);
    expect((await listed(tokens))[0]).toMatchObject({ last_used_at: new Date(clock.nowMs).toISOString() });
  });

  test("all uses within a minute are written once, and the last one when the server closes", async () => {
    const folder = temporaryFolder();
    const clock = new ManualClock();
    const dataFile = join(folder, "server.db");
    // The log of requests is written to the same file, once a second.
    const one = await stage({ dataFile, runtime: clock.runtime, scimLog: { requestsMax: 0 } });
    const sizes = new Set<number>();
    for (let use = 0; use < 50; use += 1) {
      clock.advance(1_000);
      await one.status(one.first);
      if (use > 0) sizes.add(readFileSync(`${dataFile}-wal`).length);
    }
    expect(sizes.size).toBe(1);
    const lastMs = clock.nowMs;
    await one.service.server.close();
    const again = await startServer({ dataFile, runtime: clock.runtime });
    const { body } = await again.api(`/directories/${one.created.id}/tokens`);
    expect(body).toMatchObject({ data: [{ last_used_at: new Date(lastMs).toISOString() }] });
  });

  test("not the token: neither the data file, nor its journal, nor the log has it", async () => {
    const folder = temporaryFolder();
    const lines: string[] = [];
    const note = (kept: object, message: string): void => void lines.push(JSON.stringify([kept, message]));
    const log: Logger = { debug: note, info: note, warn: note, error: note };
    const { service, tokens, status, scim, first } = await stage({
      dataFile: join(folder, "server.db"),
      runtime: runtimeWith({ log }),
    });
    const canary = `canary-${randomBytes(8).toString("hex")}`;
    const secrets = [first, text(await tokens("", "POST", { name: canary }), "token")];
    for (const secret of secrets) await status(secret);
    await scim(`Bearer ${first}`, "/Users", post("mara"));
    await scim(`Bearer ${first}`, "/Users", post("mara"));
    await service.api(`/directories/${first}/tokens`);
    await service.server.close();
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), "latin1"));
    // (control) What is kept is found.
    expect(files.some((content) => content.includes(canary))).toBe(true);
    for (const secret of secrets) {
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")]) {
        for (const content of [...files, lines.join("\n")]) expect(content.includes(form)).toBe(false);
      }
    }
    expect(lines.length).toBeGreaterThan(0);
  });
});

describe("token events", () => {
  test("come to those who ask for them, and to nobody else", async () => {
    const { service } = await stage();
    const usual = (await service.events()).map(({ event }) => event);
    expect(usual).toEqual(["dsync.activated"]);
    const { body } = await service.api("/events?events=dsync.token.created&limit=100");
    expect((body as { data: { event: string }[] }).data.map(({ event }) => event)).toEqual(["dsync.token.created"]);
  });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-tokens-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
