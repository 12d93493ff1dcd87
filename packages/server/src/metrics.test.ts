/** What the server tells those who watch it: counted over real HTTP, measured on a real store, and nobody named in it. */
import { expect, test } from "vitest";
import { eventually } from "./fixtures/eventually.ts";
import { ManualClock } from "./fixtures/manual-clock.ts";
import { type RunningServer, startServer, text } from "./fixtures/running-server.ts";
import { startReceiver } from "./fixtures/webhook-receiver.ts";
import { hire, settled, subscribe } from "./fixtures/webhook-rig.ts";

/** The value of a series, as `name{labels}`; undefined without such a line. */
async function metric({ server }: RunningServer, series: string): Promise<number | undefined> {
  const line = (await server.metrics()).split("\n").find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const requests = (method: string, route: string, status: number): string =>
  `dirsync_server_requests_total{method="${method}",route="${route}",status="${String(status)}"}`;

test("a request counts for its route and status, changes and refusals too, and no other", async () => {
  const running = await startServer();
  const { created, scim } = await running.createDirectory();
  expect(await metric(running, requests("POST", "/directories", 201))).toBe(1);
  const get = requests("GET", "/directories/:id", 200);
  expect(await metric(running, get)).toBeUndefined();
  await running.api(`/directories/${created.id}`);
  await running.api(`/directories/${created.id}`);
  await running.api(`/directories/directory_unknown`);
  expect(await metric(running, get)).toBe(2);
  expect(await metric(running, requests("GET", "/directories/:id", 404))).toBe(1);
  await running.api(`/directories/${created.id}`, { headers: { Authorization: "Bearer wrong" } });
  expect(await metric(running, requests("GET", "/directories/:id", 401))).toBe(1);
  await running.api("/nothing/at/this/address");
  expect(await metric(running, requests("any", "none", 404))).toBe(1);
  expect(await metric(running, 'dirsync_server_scim_seconds_count{method="POST"}')).toBeUndefined();
  await scim("/Users", { method: "POST", body: { userName: "a@x.test" } });
  expect(await metric(running, requests("POST", "/scim/v2.0/:external_key/Users", 201))).toBe(1);
  expect(await metric(running, 'dirsync_server_scim_seconds_count{method="POST"}')).toBe(1);
  expect(await metric(running, 'dirsync_server_scim_seconds_bucket{method="POST",le="+Inf"}')).toBe(1);
});

test("no id, name, address, external key or token is in what is told", async () => {
  const running = await startServer();
  const { created, scim } = await running.createDirectory({ name: "Secretive" });
  const user = await scim("/Users", { method: "POST", body: { userName: "ada@x.test" } });
  await scim(`/Users/${text(user, "id")}`);
  await scim(`/Users?filter=${encodeURIComponent('userName eq "ada@x.test"')}`);
  await running.api(`/directories/${created.id}?ada@x.test`);
  await running.api("/ada@x.test");
  const told = await running.server.metrics();
  const { bearer_token: token } = created.scim;
  const secrets = [created.id, String(created.external_key), token, text(user, "id"), "ada", "Secretive"];
  for (const secret of secrets) expect(told).not.toContain(secret);
  // Control: those requests are in it.
  expect(told).toContain('route="/scim/v2.0/:external_key/Users/:id"');
});

test("what a directory sends too much is counted", async () => {
  const clock = new ManualClock();
  const running = await startServer({ runtime: clock.runtime, scimRate: { perSecond: 1, burst: 2 } });
  const { scim } = await running.createDirectory();
  for (let count = 0; count < 2; count += 1) await scim("/Users");
  expect(await metric(running, "dirsync_server_rate_limited_total")).toBe(0);
  expect((await scim("/Users")).status).toBe(429);
  expect(await metric(running, "dirsync_server_rate_limited_total")).toBe(1);
});

test("an endpoint's tries, and how much and how long it is behind, also while it is disabled", async () => {
  const clock = new ManualClock();
  const running = await startServer({ runtime: clock.runtime, webhooks: { delaysMs: [60_000] } });
  const receiver = await startReceiver();
  const { scim } = await running.createDirectory();
  const { id } = await subscribe(running, receiver.url, ["dsync.user.created"]);
  const of = (name: string) => metric(running, `dirsync_server_webhook_${name}{endpoint="${id}"}`);
  const tries = (outcome: string) =>
    metric(running, `dirsync_server_webhook_tries_total{endpoint="${id}",outcome="${outcome}"}`);
  await hire(scim, "ada");
  await settled(running, id, "delivered");
  await eventually(async () => expect(await tries("delivered")).toBe(1));
  expect([await of("pending_events"), await of("lag_seconds")]).toEqual([0, 0]);

  receiver.answerWith(() => 500);
  await hire(scim, "ben");
  await eventually(async () => expect(await tries("retry")).toBe(1));
  expect(await of("pending_events")).toBe(1);
  // Disabled by hand: of what comes now, no delivery is begun.
  await running.api(`/webhook_endpoints/${id}`, { method: "PATCH", body: { status: "disabled" } });
  await hire(scim, "eve");
  await hire(scim, "fay");
  await scim("/Groups", { method: "POST", body: { displayName: "Not subscribed to" } });
  clock.advance(90_000);
  expect(await of("pending_events")).toBe(3);
  expect(await of("lag_seconds")).toBeGreaterThanOrEqual(90);
  receiver.answerWith(() => 204);
  await running.api(`/webhook_endpoints/${id}`, { method: "PATCH", body: { status: "enabled" } });
  await eventually(async () => expect(await of("pending_events")).toBe(0));
  expect(await of("lag_seconds")).toBe(0);
});

test("the log's newest place and oldest time, and the last backup", async () => {
  const clock = new ManualClock();
  const running = await startServer({ runtime: clock.runtime });
  const oldest = "dirsync_server_log_oldest_timestamp_seconds";
  const backup = "dirsync_server_last_backup_timestamp_seconds";
  expect(await metric(running, "dirsync_server_log_head")).toBe(0);
  expect([await metric(running, oldest), await metric(running, backup)]).toEqual([undefined, 0]);
  await running.createDirectory();
  const [first] = await running.events();
  const head = Number(await metric(running, "dirsync_server_log_head"));
  expect(head).toBeGreaterThan(0);
  clock.advance(5_000);
  const { scim } = await running.createDirectory();
  const grown = Number(await metric(running, "dirsync_server_log_head"));
  await hire(scim, "ada");
  expect([grown, await metric(running, "dirsync_server_log_head")]).toEqual([2 * head, grown + 1]);
  expect(await metric(running, oldest)).toBe(Date.parse(String(first?.created_at)) / 1_000);
  clock.advance(5_000);
  const made = await running.api("/backups", { method: "POST" });
  const madeAt = Date.parse(String(made.headers.get("dirsync-backup-made-at"))) / 1_000;
  await eventually(async () => expect(await metric(running, backup)).toBe(madeAt));
});

test("a directory whose last token ends is told before, and one whose provider is refused from then on", async () => {
  const clock = new ManualClock();
  const running = await startServer({ runtime: clock.runtime });
  const { created, scim } = await running.createDirectory();
  const ends = "dirsync_server_next_lockout_timestamp_seconds";
  const lockedOut = "dirsync_server_locked_out_directories";
  const tokens = `/directories/${created.id}/tokens`;
  const first = ((await running.api(tokens)).body as { data: { id: string }[] }).data[0]?.id ?? "";
  const rotated = await running.api(`${tokens}/${first}/rotate`, { method: "POST", body: { overlap_seconds: 3_600 } });
  expect(rotated.status).toBe(201);
  // One that has a successor without an end locks nobody out, and neither does one that may only read.
  expect(await metric(running, ends)).toBeUndefined();
  const brief = { name: "a visit", scope: "read_only", expires_in_seconds: 60 };
  await running.api(tokens, { method: "POST", body: brief });
  expect(await metric(running, ends)).toBeUndefined();

  await running.api(`${tokens}/${text(rotated, "id")}`, { method: "DELETE" });
  expect(await metric(running, ends)).toBe(clock.nowMs / 1_000 + 3_600);
  expect(await metric(running, lockedOut)).toBe(0);
  await scim("/Users", { method: "POST", body: { userName: "ada@x.test" } });
  await running.api(`${tokens}/${first}`, { method: "DELETE" });
  expect(await metric(running, ends)).toBeUndefined();
  expect(await metric(running, lockedOut)).toBe(1);
});
