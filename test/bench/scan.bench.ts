/**
 * A scan of 100,000 users, from a service on this machine: one that finds everything as it was, and the first one, which
 * writes all of them down. The limit is the list read by hand, with what is read thrown away.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConsumer, eventsApiSource, listsApiSource, openJournal } from "@dirsync/consumer";
import { DirectorySync } from "@dirsync/sdk";
import type { Benchmark, Case, Sample, Setting } from "./harness/benchmark.ts";
import { cpuSecondsSince } from "./harness/throughput.ts";
import { bareLoop } from "./users.bench.ts";
import { serveUsers, usersAt } from "./users-service.ts";

/** Looks at the end of the log, which pages wait for. */
const pollMs = 100;

/** Scans once into the state file at `path`, and says how many users were written. */
async function scanned(path: string, { url, scale }: Setting): Promise<number> {
  const client = new DirectorySync({ apiKey: "sk_test_bench", baseUrl: url });
  const journal = await openJournal({ path, role: "holder" });
  try {
    const id = await journal.scans.requestScan({ cause: "backfill" }, Date.now());
    const scan = { lists: listsApiSource(client), skewMs: 0 };
    await createConsumer({ source: eventsApiSource(client), journal, sinks: [], pollMs, scan }).run({ once: true });
    const status = await journal.scans.scanStatus(id);
    if (status?.state !== "complete" || status.tallies.user.listed !== usersAt(scale)) {
      throw new Error(`The scan is ${status?.state}, with ${status?.tallies.user.listed} users.`);
    }
    return status.tallies.user.created;
  } finally {
    await journal.close();
  }
}

function scanning({ isFirst }: { readonly isFirst: boolean }): Case["open"] {
  return async (setting) => {
    const users = usersAt(setting.scale);
    const folder = mkdtempSync(join(tmpdir(), "dirsync-bench-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "scan.db");
    if (!isFirst) await scanned(path, setting);
    const sample = async (): Promise<Sample> => {
      if (isFirst) for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
      const before = process.cpuUsage();
      const startMs = performance.now();
      const created = await scanned(path, setting);
      if (created !== (isFirst ? users : 0)) throw new Error(`There are ${users} users, and ${created} were written.`);
      return {
        perSecond: (users / (performance.now() - startMs)) * 1000,
        perCpuSecond: users / cpuSecondsSince(before),
        rssMib: process.resourceUsage().maxRSS / 1024,
        residentMib: process.memoryUsage.rss() / 1024 ** 2,
      };
    };
    return { sample };
  };
}

const limit = "node:http and JSON.parse";
const again = "a scan that finds nothing new";
const first = "the first scan";

export const benchmarks: readonly Benchmark[] = [
  {
    name: "scan/users",
    title: "a directory of 100,000 users compared with the mirror",
    metrics: {
      perSecond: { unit: "users/s", better: "more", judgedBy: "best" },
      perCpuSecond: { unit: "users per CPU second", better: "more", judgedBy: "median" },
      rssMib: { unit: "MiB resident at most", better: "less", judgedBy: "median" },
      residentMib: { unit: "MiB resident after it", better: "less", judgedBy: "median" },
    },
    rounds: 5,
    serve: serveUsers,
    cases: [
      { name: limit, role: "limit", open: bareLoop },
      { name: first, role: "ours", open: scanning({ isFirst: true }) },
      { name: again, role: "ours", open: scanning({ isFirst: false }) },
    ],
    goals: [
      { metric: "perCpuSecond", of: again, to: limit, bound: 0.83 },
      { metric: "rssMib", of: again, bound: 250 },
      { metric: "rssMib", of: first, bound: 250 },
    ],
  },
];
