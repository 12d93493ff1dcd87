import type { Fact } from "@dirsync/consumer";
import type { DirectoryEvent } from "@dirsync/sdk";
import { expect, test } from "vitest";
import { DeliveryMetrics } from "./delivery-metrics.ts";
import { MetricRegistry } from "@dirsync/consumer";

const failure = { code: "x", message: "about ann@example.com", verdict: "retry" } as const;

function event(name: string, data: Record<string, unknown> = {}): DirectoryEvent {
  return {
    object: "event",
    id: "event_1",
    event: name,
    created_at: "2026-01-01T00:00:00.000Z",
    data,
  } as DirectoryEvent;
}

function delivered(one: DirectoryEvent, latencyMs: number | null, replay = false): Fact {
  return { kind: "delivered", sink: "app", seq: 1, event: one, latencyMs, replay };
}

function textAfter(...facts: readonly Fact[]): string {
  const registry = new MetricRegistry();
  const metrics = new DeliveryMetrics(registry);
  metrics.begin(["app"]);
  for (const fact of facts) metrics.take(fact);
  return registry.text();
}

test("tries are counted by how they ended", () => {
  const text = textAfter(
    delivered(event("dsync.user.created"), 1),
    delivered(event("dsync.user.created"), 1, true),
    { kind: "retry", sink: "app", seq: 1, failure, nextAtMs: 0 },
    { kind: "retry", sink: "app", seq: 1, failure, nextAtMs: 0 },
    { kind: "dead", sink: "app", seq: 1, failure },
    { kind: "skipped", sink: "app", seq: 2 },
    { kind: "parked", sink: "app", seq: 3 },
  );
  const outcomes = [...text.matchAll(/^dirsync_deliveries_total\{sink="app",outcome="(\w+)"\} (\d+)$/gm)];
  expect(Object.fromEntries(outcomes.map(([, outcome, count]) => [outcome, Number(count)]))).toEqual({
    delivered: 1,
    replayed: 1,
    retry: 2,
    dead: 1,
    skipped: 1,
    parked: 1,
  });
  expect(text).not.toMatch(/ann@example|event_1/);
});

test("events that came later than their place in the log are counted", () => {
  expect(textAfter()).not.toMatch(/^dirsync_late_events_total [1-9]/m);
  expect(textAfter({ kind: "late", count: 2 }, { kind: "late", count: 1 })).toMatch(/^dirsync_late_events_total 3$/m);
});

test("ten thousand people, groups and failures make no more series than one of each", () => {
  const factsOf = (key: number): readonly Fact[] => [
    delivered(event("dsync.user.deleted", { id: `directory_user_${key}`, email: `u${key}@example.com` }), key),
    { kind: "retry", sink: "app", seq: key, failure: { ...failure, message: `of ${key}@example.com` }, nextAtMs: key },
    { kind: "dead", sink: "app", seq: key, failure },
    { kind: "parked", sink: "app", seq: key },
  ];
  const seriesIn = (text: string): readonly string[] =>
    text.split("\n").flatMap((line) => (line.startsWith("dirsync_") ? [line.slice(0, line.lastIndexOf(" "))] : []));
  const many = textAfter(...Array.from({ length: 10_000 }, (_none, key) => factsOf(key)).flat());
  expect(seriesIn(many)).toEqual(seriesIn(textAfter(...factsOf(1))));
  expect(seriesIn(many).length).toBeLessThan(500);
  expect(many).toContain('outcome="dead"} 10000\n');
  expect(many).not.toContain("example.com");
});

test.each([
  [event("dsync.user.deleted"), 1],
  [event("dsync.deleted"), 1],
  [event("dsync.user.updated", { state: "inactive" }), 1],
  [event("dsync.user.updated", { state: "suspended" }), 1],
  [event("dsync.user.updated", { state: "active" }), 0],
  [event("dsync.user.updated"), 0],
  [event("dsync.user.created", { state: "inactive" }), 0],
  [event("dsync.group.updated", { state: "inactive" }), 0],
])("$event.event with $event.data ends access: %#", (one, count) => {
  const text = textAfter(delivered(one, 1_500));
  expect(text).toContain('dirsync_delivery_latency_seconds_sum{sink="app"} 1.5\n');
  expect(text.includes('dirsync_leaver_latency_seconds_count{sink="app"} 1\n')).toBe(count === 1);
});

test("a delivery without a known time, or of an old event again, says nothing about delays", () => {
  const text = textAfter(delivered(event("dsync.user.deleted"), null), delivered(event("dsync.user.deleted"), 9, true));
  expect(text).not.toMatch(/_latency_seconds_count/);
});

test("a sink's circuit and halt show, and are forgotten with another configuration", () => {
  const registry = new MetricRegistry();
  const metrics = new DeliveryMetrics(registry);
  metrics.begin(["app"]);
  expect(registry.text()).toContain('dirsync_circuit_open{sink="app"} 0\n');
  metrics.take({ kind: "circuit", sink: "app", isOpen: true });
  metrics.take({ kind: "halted", sink: "app", seq: 1, failure });
  expect(registry.text()).toMatch(/circuit_open\{sink="app"\} 1\n[^]*sink_halted\{sink="app"\} 1\n/);
  metrics.take({ kind: "circuit", sink: "app", isOpen: false });
  expect(registry.text()).toContain('dirsync_circuit_open{sink="app"} 0\n');
  metrics.begin(["other"]);
  expect(registry.text()).not.toContain('"app"} 1');
});
