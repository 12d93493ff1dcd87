import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "@dirsync/consumer";
import { type OutcomeFacts, systemRuntime } from "@dirsync/sdk";
import { expect, onTestFinished, test } from "vitest";
import { Secrets } from "../secrets.ts";
import { Monitor } from "./monitor.ts";

/** What readiness names as wrong, and what is counted, after a request that came to this. */
async function after(
  facts: Pick<OutcomeFacts, "status" | "errorCode">,
): Promise<{ problems: unknown; counted: string }> {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-monitor-"));
  const journal = await openJournal({ path: join(folder, "state.db"), role: "holder" });
  onTestFinished(async () => {
    await journal.close();
    rmSync(folder, { recursive: true });
  });
  const settings = { pollMs: 1_000, retentionMs: 86_400_000, insecure: [] };
  const monitor = new Monitor({ journal, runtime: systemRuntime, secrets: new Secrets(), settings: () => settings });
  const attempt = { method: "GET", baseUrl: "https://log.test", path: "/events", attempt: 1 } as const;
  const outcome: OutcomeFacts = { requestId: null, durationMs: 1, bodyBytes: 0, ...facts };
  for (const { onResponse } of monitor.hooks) onResponse?.(attempt, outcome);
  const { details } = await monitor.ready();
  const counted = /dirsync_requests_total\{outcome="(\w+)"\} 1/u.exec(await monitor.metrics())?.[1] ?? "none";
  return { problems: details.problems, counted };
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
