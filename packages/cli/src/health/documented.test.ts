/** docs/operating.md builds alerts on metrics; one that no longer exists would never fire. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Metrics } from "./metrics.ts";

const page = readFileSync(new URL("../../../../docs/operating.md", import.meta.url), "utf8");
const named = [...new Set(page.match(/\bdirsync_\w+/g)?.map((name) => name.replace(/_bucket$/, "")))];

test("every metric that docs/operating.md names exists", () => {
  const sink = {
    name: "app",
    lowSeq: 0,
    pending: 0,
    deadLetters: 0,
    parked: 0,
    delivered: 0,
    oldestPendingAtMs: 0,
    oldestParkedAtMs: null,
  };
  const position = { source: null, cursor: null, headSeq: 0, caughtUpAtMs: 0, verifiedThroughAtMs: 0 };
  const stream = {
    ...position,
    epoch: 1,
    holder: null,
    holderNote: null,
    gaps: [],
    sourceDeadLetters: 0,
    unknownTypes: [],
    mirrorCompleteSinceSeq: null,
    sinks: [sink],
  };
  const text = new Metrics().text({
    status: stream,
    scan: null,
    nowMs: 0,
    retentionMs: 0,
    isRefused: false,
    isDisplaced: false,
    isHeld: false,
  });
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !text.includes(`# TYPE ${name} `))).toEqual([]);
});
