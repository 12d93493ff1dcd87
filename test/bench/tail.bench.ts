/**
 * A log read to its end and delivered. The limit reads and parses and keeps nothing; the peer is what teams write by hand:
 * the vendor's client, and the position in SQLite after each event, durable before the next one is begun.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import Database from "better-sqlite3";
import { createConsumer, eventsApiSource, laneBy, openJournal, type Sink, type SinkBinding } from "@dirsync/consumer";
import { DirectorySync } from "@dirsync/sdk";
import type { Benchmark, Case, Sample, Scale, Setting } from "./harness/benchmark.ts";
import { cpuSecondsSince } from "./harness/throughput.ts";
import { pageEvents, serveLog } from "./log-service.ts";
import { canSlowDisk, checkSlowDisk, slowDisk } from "./slow-disk.ts";

/** Reads the log from its start to its end, with files of its own below a folder, and says how many events it delivered. */
type Follow = (url: string, folder: string) => Promise<number>;

interface LogPage {
  readonly data: readonly { readonly id: string }[];
  readonly list_metadata: { readonly after: string | null };
}

function following(events: Readonly<Record<Scale, number>>, follow: Follow): Case["open"] {
  return ({ scale, url }: Setting) => {
    const sample = async (): Promise<Sample> => {
      const folder = mkdtempSync(join(tmpdir(), "dirsync-bench-"));
      try {
        const before = process.cpuUsage();
        const startMs = performance.now();
        const delivered = await follow(url, folder);
        const perSecond = (delivered / (performance.now() - startMs)) * 1_000;
        if (delivered !== events[scale]) throw new Error(`Of ${events[scale]} events ${delivered} were delivered.`);
        return { perSecond, perCpuSecond: delivered / cpuSecondsSince(before) };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    };
    return Promise.resolve({ sample });
  };
}

/** What is done with each page, which is what takes the time in the second table. */
type OnPage = (events: LogPage["data"]) => Promise<void> | void;

function bareLoop(onPage: OnPage): Follow {
  return async (url) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let delivered = 0;
    for (let after = ""; ;) {
      const page = await readBare(`${url}/events?order=asc&limit=100${after}`, agent);
      if (page.data.length > 0) await onPage(page.data);
      delivered += page.data.length;
      if (page.list_metadata.after === null) break;
      after = `&after=${page.list_metadata.after}`;
    }
    agent.destroy();
    return delivered;
  };
}

function readBare(url: string, agent: Agent): Promise<LogPage> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as LogPage));
    }).on("error", reject);
  });
}

/** Reads no further than it is told: each event is a wait for the disk. */
const naiveLoop =
  (eventsMax: number): Follow =>
  async (url, folder) => {
    const { WorkOS } = await import("@workos-inc/node");
    const { hostname, port } = new URL(url);
    const client = new WorkOS("sk_test_bench", { apiHostname: hostname, port: Number(port), https: false });
    const database = new Database(join(folder, "position.db"));
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.exec("CREATE TABLE position (id INTEGER PRIMARY KEY, event TEXT); INSERT INTO position VALUES (1, '')");
    const move = database.prepare("UPDATE position SET event = ? WHERE id = 1");
    let delivered = 0;
    for (let after: string | undefined; delivered < eventsMax;) {
      const options = {
        events: ["dsync.user.updated" as const],
        limit: 100,
        ...(after === undefined ? {} : { after }),
      };
      const page = await client.events.listEvents(options);
      for (const event of page.data) {
        await Promise.resolve();
        move.run(event.id);
        delivered += 1;
      }
      after = page.listMetadata.after ?? undefined;
      if (after === undefined) break;
    }
    database.close();
    return delivered;
  };

function ourTail(bind: () => SinkBinding): Follow {
  return async (url, folder) => {
    const source = eventsApiSource(new DirectorySync({ apiKey: "sk_test_bench", baseUrl: url }));
    const journal = await openJournal({ path: join(folder, "tail.db"), role: "holder" });
    try {
      const { sinks } = await createConsumer({ source, journal, sinks: [bind()] }).run({ once: true });
      return sinks[0]?.delivered ?? 0;
    } finally {
      await journal.close();
    }
  };
}

const inProcess: Sink = { name: "app", deliver: () => Promise.resolve() };

const handlerMs = 20;
const slowBatches: Sink = {
  name: "app",
  deliver: async () => {
    await pause(handlerMs);
  },
  deliverBatch: async () => {
    await pause(handlerMs);
  },
};

const whole = { full: 20_000, tiny: 250 };
/** As many as the loop by hand reads in ten seconds where each fsync takes 2 ms longer. */
const patient = { full: 4_000, tiny: 250 };
/** Long enough that opening and closing the state file, and the first and last page, do not count. */
const distant = { full: 250 * pageEvents, tiny: 2 * pageEvents };

const limit = "node:http and JSON.parse, nothing kept";
const naive = "@workos-inc/node 8, a FULL transaction for each event";
const ours = "createConsumer()";
const sequential = "read a page, handle it, read the next";

const metrics: Benchmark["metrics"] = {
  perSecond: { unit: "events/s", better: "more", judgedBy: "best" },
  perCpuSecond: { unit: "events per CPU second", better: "more", judgedBy: "median" },
};

/** As `following`, on a disk that is seen to be slow. */
function followingSlowly(events: Readonly<Record<Scale, number>>, follow: Follow): Case["open"] {
  const open = following(events, follow);
  return async (setting) => {
    checkSlowDisk();
    return open(setting);
  };
}

const onSlowDisk: Benchmark = {
  name: "tail/slow-disk",
  title: "20,000 events to a function that does nothing, where each fsync takes 2 ms longer",
  metrics,
  rounds: 3,
  serve: serveLog({ events: whole, latencyMs: 0 }),
  environment: slowDisk,
  cases: [
    {
      name: limit,
      role: "limit",
      open: followingSlowly(
        whole,
        bareLoop(() => undefined),
      ),
    },
    { name: naive, role: "peer", open: followingSlowly(patient, naiveLoop(patient.full)) },
    {
      name: ours,
      role: "ours",
      open: followingSlowly(
        whole,
        ourTail(() => ({ sink: inProcess, policy: { runMax: pageEvents } })),
      ),
    },
  ],
  goals: [{ metric: "perSecond", of: ours, to: naive, bound: 50 }],
};

export const benchmarks: readonly Benchmark[] = [
  ...(canSlowDisk() ? [onSlowDisk] : []),
  {
    name: "tail/log",
    title: "20,000 events from the service to a function that does nothing, with a journal",
    metrics,
    rounds: 5,
    serve: serveLog({ events: whole, latencyMs: 0 }),
    cases: [
      {
        name: limit,
        role: "limit",
        open: following(
          whole,
          bareLoop(() => undefined),
        ),
      },
      { name: naive, role: "peer", open: following(whole, naiveLoop(whole.full)) },
      {
        name: ours,
        role: "ours",
        open: following(
          whole,
          ourTail(() => ({ sink: inProcess, policy: { runMax: pageEvents } })),
        ),
      },
    ],
    goals: [
      { metric: "perCpuSecond", of: ours, to: limit, bound: 0.3 },
      { metric: "perSecond", of: ours, to: naive, bound: 4 },
    ],
  },
  {
    name: "tail/distant",
    title: "pages that take 20 ms to come and 20 ms to handle",
    metrics,
    rounds: 5,
    serve: serveLog({ events: distant, latencyMs: 20 }),
    cases: [
      {
        name: sequential,
        role: "limit",
        open: following(
          distant,
          bareLoop(async () => {
            await pause(handlerMs);
          }),
        ),
      },
      {
        name: ours,
        role: "ours",
        open: following(
          distant,
          ourTail(() => ({
            sink: slowBatches,
            policy: { runMax: pageEvents, concurrency: 1, locks: laneBy.directory },
          })),
        ),
      },
    ],
    goals: [{ metric: "perSecond", of: ours, to: sequential, bound: 1.8 }],
  },
];
