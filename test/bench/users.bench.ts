/**
 * A walk over 100,000 users, page by page, from a service on this machine. The limit is what one writes by hand: one
 * connection kept alive, and JSON.parse. The same loop over undici tells what of ours is the transport.
 */
import { Agent, get } from "node:http";
import { DirectorySync } from "@dirsync/sdk";
import type { Benchmark, Case, Sample, Setting } from "./harness/benchmark.ts";
import { median } from "./harness/statistics.ts";
import { cpuSecondsSince } from "./harness/throughput.ts";
import { serveUsers, usersAt } from "./users-service.ts";

const mebibyte = 1024 ** 2;
const residentEveryMs = 10;

/** Walks all users once and says how many there were. */
type Walk = () => Promise<number>;

interface UsersPage {
  readonly data: readonly { readonly id: string }[];
  readonly list_metadata: { readonly after: string | null };
}

function walking(prepare: (url: string) => Promise<Walk>): Case["open"] {
  return async ({ scale, url }: Setting) => {
    const walk = await prepare(url);
    const users = usersAt(scale);
    const sample = async (): Promise<Sample> => {
      const residentMib = [process.memoryUsage.rss() / mebibyte];
      const reading = setInterval(() => residentMib.push(process.memoryUsage.rss() / mebibyte), residentEveryMs);
      const before = process.cpuUsage();
      const startMs = performance.now();
      const walked = await walk().finally(() => clearInterval(reading));
      if (walked !== users) throw new Error(`There are ${users} users, and ${walked} came.`);
      return {
        perSecond: (users / (performance.now() - startMs)) * 1000,
        perCpuSecond: users / cpuSecondsSince(before),
        residentMib: median(residentMib),
        rssMib: process.resourceUsage().maxRSS / 1024,
      };
    };
    return { sample };
  };
}

/** Reads the JSON of one page. */
type ReadPage = (url: string) => Promise<UsersPage>;

function pageByPage(read: ReadPage, url: string): Walk {
  return async () => {
    let walked = 0;
    let after = "";
    do {
      const page = await read(`${url}/directory_users?directory=directory_1&limit=100&order=desc${after}`);
      for (const { id } of page.data) if (id !== "") walked += 1;
      after = page.list_metadata.after === null ? "" : `&after=${page.list_metadata.after}`;
    } while (after !== "");
    return walked;
  };
}

/** What is done with users that come, besides counting them. */
export interface Taking {
  readonly take: (users: UsersPage["data"]) => void;
  readonly end: () => void;
}

/** What one writes by hand. */
export function bareLoop(begin?: () => Taking): Case["open"] {
  return walking(async (url) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const read: ReadPage = async (page) =>
      new Promise((resolve, reject) => {
        const request = get(page, { agent }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as UsersPage));
        });
        request.on("error", reject);
      });
    if (begin === undefined) return pageByPage(read, url);
    return async () => {
      const { take, end } = begin();
      const taken: ReadPage = async (address) => {
        const page = await read(address);
        take(page.data);
        return page;
      };
      try {
        return await pageByPage(taken, url)();
      } finally {
        end();
      }
    };
  });
}

const undiciLoop = walking(async (url) => {
  const undici = await import("undici");
  const dispatcher = new undici.Agent();
  const read: ReadPage = async (page) => {
    const { body } = await undici.request(page, { dispatcher });
    return JSON.parse(await body.text()) as UsersPage;
  };
  return pageByPage(read, url);
});

const ourWalk = walking(async (url) => {
  const client = new DirectorySync({ apiKey: "sk_test_bench", baseUrl: url });
  return async () => {
    let walked = 0;
    for await (const { id } of client.users.list({ directory: "directory_1" })) if (id !== "") walked += 1;
    return walked;
  };
});

const official = [
  ["@workos-inc/node 8 without its pauses", async () => import("@workos-inc/node")],
  ["@workos-inc/node 11 without its pauses", async () => import("workos-node-11")],
] as const;

/** The pause between two pages, which would be nearly all that is measured. */
const officialPauseMs = 350;

function officialWalk([name, load]: (typeof official)[number]): Case {
  const open = walking(async (url) => {
    const wait = globalThis.setTimeout;
    // With all that a caller passes: Node's own undici has its timers called with an argument, and falls over without it.
    const impatient = (work: (...given: unknown[]) => void, ms?: number, ...given: unknown[]): unknown =>
      wait(work, ms === officialPauseMs ? 0 : ms, ...given);
    globalThis.setTimeout = impatient as typeof setTimeout;
    const { WorkOS } = await load();
    const { hostname, port } = new URL(url);
    const client = new WorkOS("sk_test_bench", { apiHostname: hostname, port: Number(port), https: false });
    return async () => {
      const list = await client.directorySync.listUsers({ directory: "directory_1" });
      return (await list.autoPagination()).filter(({ id }) => id !== "").length;
    };
  });
  return { name, role: "peer", open };
}

const limit = "node:http and JSON.parse";
const transport = "undici and JSON.parse";
const ours = "for await (… of users.list())";

export const benchmarks: readonly Benchmark[] = [
  {
    name: "users/walk",
    title: "every user of a directory of 100,000",
    metrics: {
      perSecond: { unit: "users/s", better: "more", judgedBy: "best" },
      perCpuSecond: { unit: "users per CPU second", better: "more", judgedBy: "median" },
      residentMib: { unit: "MiB resident, the middle of a walk's readings", better: "less", judgedBy: "median" },
      rssMib: { unit: "MiB resident at most, ever", better: "less", judgedBy: "median" },
    },
    rounds: 7,
    serve: serveUsers,
    cases: [
      { name: limit, role: "limit", open: bareLoop() },
      { name: transport, role: "peer", open: undiciLoop },
      ...official.map(officialWalk),
      { name: ours, role: "ours", open: ourWalk },
    ],
    // By processor time: the clock of a busy machine tells more about the others.
    goals: [
      { metric: "perCpuSecond", of: ours, to: limit, bound: 0.9 },
      { metric: "residentMib", of: ours, to: limit, bound: 1.2 },
      // While V8 compiles its parser, undici alone is far above the limit; what is ours to keep is what we add to it.
      { metric: "rssMib", of: ours, to: transport, bound: 1.1 },
      ...official.map(([name]) => ({ metric: "perCpuSecond", of: ours, to: name, bound: 1.6 })),
    ],
  },
];
