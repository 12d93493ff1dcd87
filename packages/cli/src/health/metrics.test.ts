import type { Brake, Gap, ScanStatus, ScanTally, SinkStatus, StreamStatus, UnknownType } from "@dirsync/consumer";
import { expect, test } from "vitest";
import { version } from "../version.ts";
import { Metrics, type Moment } from "./metrics.ts";

const nowMs = Date.parse("2026-11-27T12:00:00Z");
const hoursAgo = (hours: number): number => nowMs - hours * 3_600_000;

const calm: SinkStatus = {
  name: "app",
  lowSeq: 40,
  pending: 0,
  deadLetters: 0,
  parked: 0,
  delivered: 40,
  oldestPendingAtMs: null,
  oldestParkedAtMs: null,
};

const healthy: StreamStatus = {
  source: "https://log.test",
  cursor: "event_40",
  headSeq: 40,
  epoch: 1,
  holder: null,
  holderNote: null,
  caughtUpAtMs: nowMs,
  verifiedThroughAtMs: nowMs,
  gaps: [],
  sourceDeadLetters: 0,
  unknownTypes: [],
  mirrorCompleteSinceSeq: 1,
  sinks: [calm],
};

const unknownType: UnknownType = {
  type: "dsync.user.promoted",
  count: 3,
  firstAtMs: hoursAgo(2),
  lastEventId: "event_40",
  lastAtMs: hoursAgo(1),
};

const gap: Gap = {
  id: 1,
  openedAtMs: hoursAgo(1),
  reason: "expired",
  fromCursor: null,
  verifiedThroughAtMs: null,
  resumedAtMs: null,
};

function textOf(metrics: Metrics, status: StreamStatus): readonly string[] {
  const moment: Moment = {
    status,
    scan: null,
    nowMs,
    retentionMs: 30 * 24 * 3_600_000,
    isRefused: false,
    isDisplaced: false,
    isHeld: false,
  };
  return metrics.text(moment).split("\n");
}

const inTrouble = (changes: Partial<SinkStatus>): StreamStatus => ({ ...healthy, sinks: [{ ...calm, ...changes }] });

test.each<[what: string, trouble: StreamStatus, there: string, before: string]>([
  [
    "how old the oldest event is that a sink has not finished",
    inTrouble({ pending: 3, oldestPendingAtMs: hoursAgo(2) }),
    'dirsync_lag_seconds{sink="app"} 7200',
    'dirsync_lag_seconds{sink="app"} 0',
  ],
  [
    "how many it has not finished",
    inTrouble({ pending: 3 }),
    'dirsync_lag_events{sink="app"} 3',
    'dirsync_lag_events{sink="app"} 0',
  ],
  [
    "how many wait behind a dead letter",
    inTrouble({ parked: 5 }),
    'dirsync_parked_events{sink="app"} 5',
    'dirsync_parked_events{sink="app"} 0',
  ],
  [
    "how long the oldest of them has waited",
    inTrouble({ parked: 5, oldestParkedAtMs: hoursAgo(1) }),
    'dirsync_parked_seconds{sink="app"} 3600',
    'dirsync_parked_seconds{sink="app"} 0',
  ],
  [
    "dead letters",
    inTrouble({ deadLetters: 2 }),
    'dirsync_dead_letters{sink="app"} 2',
    'dirsync_dead_letters{sink="app"} 0',
  ],
  [
    "what was delivered",
    inTrouble({ delivered: 41 }),
    'dirsync_delivered_events{sink="app"} 41',
    'dirsync_delivered_events{sink="app"} 40',
  ],
  ["gaps that nobody has closed", { ...healthy, gaps: [gap] }, "dirsync_open_gaps 1", "dirsync_open_gaps 0"],
  [
    "what was listed and is no event",
    { ...healthy, sourceDeadLetters: 1 },
    "dirsync_source_dead_letters 1",
    "dirsync_source_dead_letters 0",
  ],
  [
    "how many came of types that are not known",
    { ...healthy, unknownTypes: [unknownType, { ...unknownType, type: "dsync.device.added", count: 1 }] },
    "dirsync_unknown_events 4",
    "dirsync_unknown_events 0",
  ],
  ["the newest position", { ...healthy, headSeq: 41 }, "dirsync_journal_head 41", "dirsync_journal_head 40"],
  [
    "when the log was last read to its end",
    { ...healthy, caughtUpAtMs: hoursAgo(24) },
    `dirsync_caught_up_timestamp_seconds ${hoursAgo(24) / 1_000}`,
    `dirsync_caught_up_timestamp_seconds ${nowMs / 1_000}`,
  ],
  [
    "what time is left to read events before they expire",
    { ...healthy, caughtUpAtMs: hoursAgo(24) },
    `dirsync_unread_expiry_seconds ${29 * 24 * 3_600}`,
    `dirsync_unread_expiry_seconds ${30 * 24 * 3_600}`,
  ],
])("%s is told when it comes, and no more when it is over", (_what, trouble, there, before) => {
  const metrics = new Metrics();
  expect(textOf(metrics, healthy)).toContain(before);
  expect(textOf(metrics, trouble)).toContain(there);
  const after = textOf(metrics, healthy);
  expect(after).toContain(before);
  expect(after).not.toContain(there);
});

test("a sink that is gone is told of no more", () => {
  const metrics = new Metrics();
  expect(textOf(metrics, healthy).some((line) => line.includes('sink="app"'))).toBe(true);
  expect(textOf(metrics, { ...healthy, sinks: [] }).some((line) => line.includes('sink="app"'))).toBe(false);
});

test("a clock that was set back makes no age negative", () => {
  const ahead = inTrouble({ pending: 1, oldestPendingAtMs: hoursAgo(-1) });
  expect(textOf(new Metrics(), ahead)).toContain('dirsync_lag_seconds{sink="app"} 0');
});

const nothing: ScanTally = { listed: 0, created: 0, updated: 0, deleted: 0 };

/** A scan that ended an hour ago. */
const scanned: ScanStatus = {
  id: "scan_1",
  cause: "schedule",
  scope: {},
  isDryRun: false,
  state: "complete",
  requestedAtMs: hoursAgo(2),
  startedAtMs: hoursAgo(2),
  endedAtMs: hoursAgo(1),
  requests: 1,
  collections: { known: 1, done: 1 },
  usersExpected: null,
  tallies: { directory: nothing, group: nothing, membership: nothing, user: { ...nothing, created: 1, deleted: 3 } },
  overtaken: 0,
  brakes: [],
  problem: null,
};

function textWith(metrics: Metrics, scan: ScanStatus | null): readonly string[] {
  return metrics
    .text({ status: healthy, scan, nowMs, retentionMs: 0, isRefused: false, isDisplaced: false, isHeld: false })
    .split("\n");
}

test("when a scan was complete and what it found is told until the next one is", () => {
  const metrics = new Metrics();
  const told = [
    `dirsync_scan_completed_timestamp_seconds ${hoursAgo(1) / 1_000}`,
    'dirsync_drift{kind="user",action="create"} 1',
    'dirsync_drift{kind="user",action="update"} 0',
    'dirsync_drift{kind="user",action="delete"} 3',
  ];
  expect(textWith(metrics, null).some((line) => /^dirsync_(?:scan|drift)/.test(line))).toBe(false);
  expect(textWith(metrics, scanned)).toEqual(expect.arrayContaining(told));
  const { user, ...rest } = scanned.tallies;
  const running: ScanStatus = { ...scanned, state: "running", endedAtMs: null, tallies: { ...rest, user: nothing } };
  expect(textWith(metrics, running)).toEqual(expect.arrayContaining(told));
  const failed: ScanStatus = { ...running, state: "failed", endedAtMs: nowMs };
  expect(textWith(metrics, failed)).toEqual(expect.arrayContaining(told));
  const next = textWith(metrics, { ...scanned, endedAtMs: nowMs, tallies: { ...rest, user: { ...user, deleted: 0 } } });
  expect(next).toContain(`dirsync_scan_completed_timestamp_seconds ${nowMs / 1_000}`);
  expect(next).toContain('dirsync_drift{kind="user",action="delete"} 0');
});

test.each<[what: string, more: Partial<ScanStatus>]>([
  ["of one directory", { scope: { directoryIds: ["directory_1"] } }],
  ["of one organization", { scope: { organizationId: "org_1" } }],
  ["about what came late", { cause: "late" }],
])("a scan %s hides nothing of what one of everything found", (_what, more) => {
  const metrics = new Metrics();
  textWith(metrics, scanned);
  const { user: _user, ...rest } = scanned.tallies;
  const ofPart = { ...scanned, endedAtMs: nowMs, tallies: { ...rest, user: nothing }, ...more };
  const text = textWith(metrics, ofPart);
  expect(text).toContain('dirsync_drift{kind="user",action="delete"} 3');
  expect(text).toContain(`dirsync_scan_completed_timestamp_seconds ${hoursAgo(1) / 1_000}`);
});

test("deletions are told of while they wait for a person, and those that one has approved are not", () => {
  const metrics = new Metrics();
  const brake: Brake = { directoryId: "directory_1", kind: "user", count: 60, total: 90, isApproved: false };
  const braked: ScanStatus = {
    ...scanned,
    state: "braked",
    endedAtMs: null,
    brakes: [brake, { ...brake, count: 5, isApproved: true }],
  };
  expect(textWith(metrics, braked)).toContain("dirsync_deletions_waiting 60");
  expect(textWith(metrics, scanned)).toContain("dirsync_deletions_waiting 0");
});

test("the version that runs is told", () => {
  expect(textOf(new Metrics(), healthy)).toContain(`dirsync_info{version="${version}"} 1`);
});
