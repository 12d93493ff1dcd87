import type { Gap, SinkStatus, StreamStatus } from "@dirsync/consumer";
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
  caughtUpAtMs: nowMs,
  verifiedThroughAtMs: nowMs,
  gaps: [],
  sourceDeadLetters: 0,
  mirrorCompleteSinceSeq: 1,
  sinks: [calm],
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
  const moment: Moment = { status, scan: null, nowMs, retentionMs: 30 * 24 * 3_600_000 };
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

test("the version that runs is told", () => {
  expect(textOf(new Metrics(), healthy)).toContain(`dirsync_info{version="${version}"} 1`);
});
