import { describe, expect, test } from "vitest";
import { MetricRegistry } from "./metric-registry.ts";

describe("the text for Prometheus", () => {
  test("has help, type and one line for each series", () => {
    const registry = new MetricRegistry();
    const tries = registry.counter("tries_total", "Tries.\nAll of them.");
    tries.add({ sink: "a", outcome: "delivered" });
    tries.add({ sink: "a", outcome: "delivered" }, 2);
    tries.add({ sink: 'odd "name"\\\n' });
    registry.gauge("lag_events", "Lag.").set(1.5);
    expect(registry.text()).toBe(
      [
        String.raw`# HELP tries_total Tries.\nAll of them.`,
        "# TYPE tries_total counter",
        'tries_total{sink="a",outcome="delivered"} 3',
        String.raw`tries_total{sink="odd \"name\"\\\n"} 1`,
        "# HELP lag_events Lag.",
        "# TYPE lag_events gauge",
        "lag_events 1.5",
        "",
      ].join("\n"),
    );
  });

  test("counts a value in every range at or above it", () => {
    const registry = new MetricRegistry();
    const seconds = registry.histogram("seconds", "Seconds.", [1, 5]);
    for (const value of [0.5, 1, 1.1, 60]) seconds.observe(value, { sink: "a" });
    expect(registry.text().split("\n").slice(2)).toEqual([
      'seconds_bucket{sink="a",le="1"} 2',
      'seconds_bucket{sink="a",le="5"} 3',
      'seconds_bucket{sink="a",le="+Inf"} 4',
      'seconds_sum{sink="a"} 62.6',
      'seconds_count{sink="a"} 4',
      "",
    ]);
  });

  test("stays small however many labels there are", () => {
    const registry = new MetricRegistry();
    const total = registry.counter("total", "Total.");
    const seconds = registry.histogram("seconds", "Seconds.", [1]);
    for (let index = 0; index < 10_000; index += 1) {
      total.add({ key: String(index) });
      seconds.observe(1, { key: String(index) });
    }
    const lines = registry.text().split("\n");
    expect(lines.length).toBeLessThan(520);
    expect(lines).toContain('total{overflow="true"} 9900');
  });

  test("forgets the series that are cleared", () => {
    const registry = new MetricRegistry();
    const lag = registry.gauge("lag", "Lag.");
    lag.set(1, { sink: "gone" });
    lag.clear();
    expect(registry.text()).not.toContain("gone");
  });
});
