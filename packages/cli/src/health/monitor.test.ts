import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Journal, openJournal } from "@dirsync/consumer";
import { type DirectoryEvent, type OutcomeFacts, systemRuntime } from "@dirsync/sdk";
import { expect, onTestFinished, test } from "vitest";
import { Secrets } from "../secrets.ts";
import { Monitor, type Watched, type WatchedSettings } from "./monitor.ts";

const hourMs = 3_600_000;
const attempt = { method: "GET", baseUrl: "https://log.test", path: "/events", attempt: 1 } as const;

interface Watching {
  readonly monitor: Monitor;
  readonly journal: Journal;
}

async function watch(
  settings: Partial<WatchedSettings> = {},
  now = systemRuntime.now,
  facts: Partial<Pick<Watched, "refused" | "place">> = {},
): Promise<Watching> {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-monitor-"));
  const journal = await openJournal({ path: join(folder, "state.db"), role: "holder" });
  onTestFinished(async () => {
    await journal.close();
    rmSync(folder, { recursive: true });
  });
  const all = { pollMs: 1_000, retentionMs: 30 * 24 * hourMs, insecure: [], ...settings };
  const runtime = { ...systemRuntime, now };
  const watched = {
    journal,
    runtime,
    secrets: new Secrets(),
    refused: () => null,
    place: { look: () => null },
    ...facts,
  };
  return { journal, monitor: new Monitor({ ...watched, settings: () => all }) };
}

function note(monitor: Monitor, facts: Pick<OutcomeFacts, "status" | "errorCode">): void {
  const outcome: OutcomeFacts = { requestId: null, durationMs: 1, bodyBytes: 0, ...facts };
  for (const { onResponse } of monitor.hooks) onResponse?.(attempt, outcome);
}

/** What readiness names as wrong, and what is counted, after a request that came to this. */
async function after(
  facts: Pick<OutcomeFacts, "status" | "errorCode">,
): Promise<{ problems: unknown; counted: string }> {
  const { monitor } = await watch();
  note(monitor, facts);
  const { details } = await monitor.ready();
  const counted = /dirsync_requests_total\{outcome="(\w+)"\} 1/u.exec(await monitor.metrics())?.[1] ?? "none";
  return { problems: details["problems"], counted };
}

test.each<[string, number | null, string | null, RegExp]>([
  ["untrusted", null, "tls", /^configuration: .* certificate is not trusted/],
  ["unreachable", null, "unreachable", /has not answered yet/],
  ["refused", 401, "unauthorized", /refuses the API key/],
])("a request that came to %s is counted as that, and readiness names it", async (word, status, errorCode, named) => {
  const { problems, counted } = await after({ status, errorCode });
  expect(problems).toEqual([expect.stringMatching(named)]);
  expect(counted).toBe(word);
});

test("one that was answered well leaves nothing wrong", async () => {
  await expect(after({ status: 200, errorCode: null })).resolves.toEqual({ problems: [], counted: "ok" });
});

test.each([
  ["a minute of silence", 1_000, 59_000, true],
  ["more than that", 1_000, 61_000, false],
  ["ten looks, where these are far apart", hourMs, 9 * hourMs, true],
  ["more than those", hourMs, 11 * hourMs, false],
])("%s is judged by how often the service is looked at", async (_what, pollMs, silentMs, isReady) => {
  let nowMs = systemRuntime.now();
  const { monitor } = await watch({ pollMs }, () => nowMs);
  note(monitor, { status: 200, errorCode: null });
  nowMs += silentMs;
  note(monitor, { status: 503, errorCode: "unavailable" });
  const ready = await monitor.ready();
  expect(ready.isReady).toBe(isReady);
  const seconds = silentMs / 1_000;
  const told = `the service has not answered for ${seconds} s; the last request: service_error`;
  expect(ready.details["problems"]).toEqual(isReady ? [] : [told]);
});

test.each([
  ["is left", 14, []],
  ["has gone", 16, ["unread events expire soon at the service"]],
])(
  "when more than half of the time %s that the service keeps events, readiness says so",
  async (_what, days, warned) => {
    const nowMs = systemRuntime.now();
    const { monitor, journal } = await watch({}, () => nowMs);
    note(monitor, { status: 200, errorCode: null });
    await journal.markCaughtUp(nowMs - days * 24 * hourMs);
    expect(await monitor.ready()).toMatchObject({ isReady: true, details: { warnings: warned } });
  },
);

test("a configuration that was not taken is warned of and measured until one is taken", async () => {
  let refused: string | null = null;
  const { monitor } = await watch({}, undefined, { refused: () => refused });
  note(monitor, { status: 200, errorCode: null });
  const warnings = async (): Promise<unknown> => (await monitor.ready()).details["warnings"];
  for (const reason of ["poll needs a unit", null]) {
    refused = reason;
    expect(await warnings()).toEqual(reason === null ? [] : [reason]);
    expect(await monitor.metrics()).toContain(`dirsync_configuration_refused ${reason === null ? 0 : 1}\n`);
  }
});

test("a state file that is not at its path makes it not ready, until it is there again", async () => {
  let found: "deleted" | "replaced" | null = null;
  const { monitor } = await watch({}, undefined, { place: { look: () => found } });
  note(monitor, { status: 200, errorCode: null });
  for (const state of ["deleted", "replaced", null] as const) {
    found = state;
    const { isReady, details } = await monitor.ready();
    const told = { deleted: /was deleted while/, replaced: /was replaced by another file while/ };
    expect(isReady).toBe(state === null);
    if (state !== null) expect(details["problems"]).toEqual([expect.stringMatching(told[state])]);
    expect(await monitor.metrics()).toContain(`dirsync_state_file_displaced ${state === null ? 0 : 1}\n`);
  }
});

test("a state file that refuses writes makes it not ready until nobody waits for it any more", async () => {
  const { monitor } = await watch();
  note(monitor, { status: 200, errorCode: null });
  const steps = [
    ["stream", true, false],
    ["app", true, false],
    ["stream", false, false],
    ["app", false, true],
  ] as const;
  for (const [who, isRefused, isReady] of steps) {
    monitor.onFact({ kind: "storage", who, isRefused });
    const ready = await monitor.ready();
    expect(ready.isReady).toBe(isReady);
    if (!isReady) expect(ready.details["problems"]).toEqual([expect.stringMatching(/refuses writes/)]);
    expect(await monitor.metrics()).toContain(`dirsync_state_file_refuses_writes ${isReady ? 0 : 1}\n`);
  }
});

test("events of types that are not known are warned of, by type, until none has come for a week", async () => {
  let nowMs = 0;
  const { monitor, journal } = await watch({}, () => nowMs);
  note(monitor, { status: 200, errorCode: null });
  const named = (number: number, event: string): DirectoryEvent => ({
    object: "event",
    id: `event_${number}`,
    event,
    data: {},
    created_at: "2026-01-15T12:00:00.000Z",
  });
  const events = ["b.c", "d.e", "f.g", "h.i", "b.c"].map((name, index) => named(index, name));
  await journal.append({ events, expectedCursor: null, receivedAtMs: 0 });
  expect((await monitor.ready()).details["warnings"]).toEqual([
    "5 events of types that this version does not know: b.c, d.e, f.g and 1 more; sinks do with them what onUnknownEvent says",
  ]);
  nowMs = 7 * 24 * hourMs;
  expect((await monitor.ready()).details["warnings"]).toEqual([]);
});

test("a sink that has halted, or fails for every event, is warned of until that is over", async () => {
  const { monitor } = await watch();
  note(monitor, { status: 200, errorCode: null });
  const failure = { code: "x", message: "no", verdict: "halt" } as const;
  const warnings = async (): Promise<unknown> => (await monitor.ready()).details["warnings"];
  expect(await warnings()).toEqual([]);
  monitor.onFact({ kind: "halted", sink: "app", seq: 1, failure });
  monitor.onFact({ kind: "circuit", sink: "crm", isOpen: true });
  expect(await warnings()).toEqual([
    "sink app has halted and takes no more events until a restart; see the log",
    "sink crm fails for every event and is only probed; see the log",
  ]);
  monitor.onFact({ kind: "circuit", sink: "crm", isOpen: false });
  expect(await warnings()).toHaveLength(1);
  // Another configuration takes over, and sinks begin anew.
  monitor.begin(["app", "crm"]);
  expect(await warnings()).toEqual([]);
  expect(await monitor.metrics()).toContain('dirsync_sink_halted{sink="app"} 0');
});
