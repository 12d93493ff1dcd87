import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { List, WebhookEndpoint } from "@dirsync/sdk";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { auditActions } from "../audit/actions.ts";
import { resolveConfig } from "../config.ts";
import { apiKey, fields, startServer, text } from "../fixtures/running-server.ts";
import type { RunningServer } from "../fixtures/running-server.ts";
import { openService } from "../service.ts";

interface Entry {
  readonly id: string;
  readonly action: string;
  readonly target_id: string | null;
  readonly actor: { readonly type: string; readonly id: string | null };
  readonly request_id: string | null;
  readonly user_agent: string | null;
}

describe("the audit log", () => {
  test("has a name for every request that changes something, and for no other", async () => {
    const service = await openService(resolveConfig({ dataFile: ":memory:", apiKey }));
    onTestFinished(() => service.close());
    const changing = service.routes
      .filter((route) => !/^(?:GET|HEAD|OPTIONS) /u.test(route) && !route.includes("/scim/v2.0/") && !isOfPortal(route))
      .map((route) => route.replaceAll(/:\w+/gu, ":id").replace(/\/$/u, ""));
    expect([...new Set(changing)].sort()).toEqual(Object.keys(auditActions).sort());
  });

  test("says who did what to what, when and with what, in the order it was done", async () => {
    const running = await startServer();
    const post = (path: string, body: object) =>
      running.api(path, { method: "POST", body, headers: { "User-Agent": "ops/1.0" } });
    const organization = text(await post("/organizations", { name: "Acme" }), "id");
    const made = await post("/directories", { name: "Acme", type: "okta scim v2.0", organization_id: organization });
    const directory = text(made, "id");
    const mapping = { custom_attributes: { office: "title" } };
    await running.api(`/directories/${directory}/mapping`, { method: "PATCH", body: mapping });
    const people = [{ user: { userName: "a@x.test" } }];
    await post(`/directories/${directory}/import`, { mode: "apply", people });
    const hook = { endpoint_url: "http://127.0.0.1:9/hooks", events: ["dsync.user.created"] };
    const { id: endpoint, secret } = (await post("/webhook_endpoints", hook)).body as WebhookEndpoint;
    await post(`/webhook_endpoints/${endpoint}/rotate_secret`, {});
    await post("/backups", {});
    await running.api(`/directories/${directory}`, { method: "DELETE" });
    const entries = await log(running, "?order=asc&limit=100");
    expect(entries.map(({ action, target_id: target }) => [action, target])).toEqual([
      ["organization.created", organization],
      ["directory.created", directory],
      ["directory.mapping_changed", directory],
      ["directory.imported", directory],
      ["webhook_endpoint.created", endpoint],
      ["webhook_endpoint.secret_rotated", endpoint],
      ["backup.made", null],
      ["directory.deleted", directory],
    ]);
    expect(entries[1]).toMatchObject({
      actor: { type: "api_key", id: expect.stringMatching(/^[0-9a-f]{8}$/u) as string },
      request_id: made.headers.get("x-request-id"),
      user_agent: "ops/1.0",
    });
    expect(await log(running, `?target=${endpoint}`)).toHaveLength(2);
    expect(await log(running, "?action=directory.deleted")).toHaveLength(1);
    const [second] = await log(running, `?order=asc&limit=1&after=${entries[0]?.id ?? ""}`);
    expect(second).toEqual(entries[1]);
    const all = JSON.stringify(entries);
    for (const canary of [secret, apiKey, "a@x.test"]) expect(all).not.toContain(canary);
  });

  test("has nothing of what was refused, of what was only asked, and of what was only read", async () => {
    const running = await startServer();
    const { created, scim } = await running.createDirectory();
    const refused = await scim("/Users", { method: "POST", body: { userName: "" } });
    const before = await log(running);
    const people = [{ user: { userName: "a@x.test" } }];
    await running.api(`/directories/${created.id}/import`, { method: "POST", body: { mode: "plan", people } });
    const replay = `/scim_requests/${refused.headers.get("x-request-id") ?? ""}/replay`;
    expect((await running.api(replay, { method: "POST", body: { dry_run: true } })).status).toBe(200);
    await running.api("/directories", { method: "POST", body: { name: "", type: "none" } });
    await running.api("/directories/directory_none", { method: "DELETE" });
    await running.api("/directories", { method: "POST", headers: { Authorization: "Bearer wrong" }, body: {} });
    await running.api(`/directories/${created.id}`);
    expect(await log(running)).toEqual(before);
    expect((await running.api("/audit_log", { headers: { Authorization: "Bearer wrong" } })).status).toBe(401);
    // (control) A request of the same kind that is no dry run is there.
    await running.api(replay, { method: "POST", body: {} });
    expect((await log(running))[0]).toMatchObject({ action: "scim_request.replayed" });
  });

  test("has a repeated request once, since it does nothing the second time", async () => {
    const running = await startServer();
    const call = { method: "POST", body: { name: "Acme" }, headers: { "Idempotency-Key": "once" } };
    const made = await running.api("/organizations", call);
    const again = await running.api("/organizations", call);
    expect([again.text, again.headers.get("idempotent-replayed")]).toEqual([made.text, "true"]);
    expect(await log(running)).toMatchObject([{ action: "organization.created", target_id: text(made, "id") }]);
  });

  test("still answers a refusal as it does without", async () => {
    const running = await startServer();
    const answer = await running.api("/directories", { method: "POST", body: { name: "x", type: "none" } });
    expect([answer.status, fields(answer)["message"]]).toEqual([422, "Validation failed."]);
    expect((await running.api("/directories/x/y/z", { method: "POST", body: {} })).status).toBe(404);
    expect((await running.api("/organizations", { method: "POST", body: "{" })).status).toBe(400);
  });

  test("cannot be changed or shortened, not even by whoever has the file open", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dirsync-audit-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const dataFile = join(folder, "server.db");
    const running = await startServer({ dataFile });
    await running.createDirectory();
    const entries = await log(running);
    await running.server.close();
    const database = new Database(dataFile);
    for (const attempt of ["delete from audit_entry", "update audit_entry set action = 'nothing'"]) {
      expect(() => database.exec(attempt)).toThrow("the audit log is only added to");
    }
    database.close();
    expect(await log(await startServer({ dataFile }))).toEqual(entries);
  });
});

/** Of sessions, which are on record by themselves. */
function isOfPortal(route: string): boolean {
  return / \/portal\/(?!generate_link)/u.test(route);
}

async function log(running: RunningServer, query = ""): Promise<readonly Entry[]> {
  return ((await running.api(`/audit_log${query}`)).body as List<Entry>).data;
}
