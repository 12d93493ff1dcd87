/**
 * What the server costs, asked over 16 connections by a process that does next to nothing (`load-service.ts`). The limit of
 * writing keeps users in memory and promises nothing; ours has each change and its event on disk before it answers. The limit
 * of reading is one prepared query that makes a page inside SQLite.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import Database from "better-sqlite3";
import type { Benchmark, Case, Sample, Scale, Setting } from "./harness/benchmark.ts";
import { serveLoads } from "./load-service.ts";
import { type ScimServer, serveInMemory, serveOurs, serveScimmy, token } from "./scim-servers.ts";
import { ask, measure, metrics, requestsAt, serveSeeded, type Target } from "./server-load.ts";
import { idAt, seed, type Seeded, type Seeds, userBody } from "./server-seed.ts";

function creating(serve: () => Promise<ScimServer>): Case["open"] {
  return async ({ scale, url }: Setting) => {
    const server = await serve();
    let made = 0;
    const sample = async (): Promise<Sample> => {
      const requests = Array.from({ length: requestsAt(scale) }, () => {
        return { path: server.usersPath, body: JSON.stringify(userBody(`u${(made += 1)}@example.com`)) };
      });
      return measure(url, server, { method: "POST", status: "201", requests });
    };
    // Once before the first round, so that no round has to compile anything.
    await sample();
    return { sample };
  };
}

/** Users whose titles change. */
const changedUsers = 200;

function changing(serve: () => Promise<ScimServer>): Case["open"] {
  return async ({ scale, url }: Setting) => {
    const server = await serve();
    const ids: string[] = [];
    for (let index = 0; index < changedUsers; index += 1) {
      const answer = await ask(server, server.usersPath, userBody(`u${index}@example.com`));
      ids.push(((await answer.json()) as { id: string }).id);
    }
    let changes = 0;
    const sample = async (): Promise<Sample> => {
      const requests = Array.from({ length: requestsAt(scale) }, () => {
        const id = ids[(changes += 1) % ids.length] ?? "";
        return { path: `${server.usersPath}/${id}`, body: titlePatch(`Title ${changes}`) };
      });
      const taken = await measure(url, server, { method: "PATCH", status: "200", requests });
      const { title } = (await (await ask(server, requests.at(-1)?.path ?? "")).json()) as { title: string };
      if (title !== `Title ${changes}`) throw new Error(`The title should be the one sent last, and is ${title}.`);
      return taken;
    };
    await sample();
    return { sample };
  };
}

function titlePatch(value: string): string {
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
  return JSON.stringify({ schemas, Operations: [{ op: "replace", path: "title", value }] });
}

/** Which list is read, and how many rows it has. */
interface Pages {
  readonly list: "users" | "events";
  readonly rows: number;
}

function rowsAt({ rows }: Pages, scale: Scale): number {
  return scale === "full" ? rows : 300;
}

function seedsOf(pages: Pages, scale: Scale): Seeds {
  const rows = rowsAt(pages, scale);
  return pages.list === "users" ? { users: rows } : { users: 2, events: rows };
}

function reading(pages: Pages, serve: (seeded: Seeded, pages: Pages) => Promise<Target>): Case["open"] {
  return async ({ scale, url }: Setting) => {
    const seeded = await seed(seedsOf(pages, scale));
    const target = await serve(seeded, pages);
    const rows = rowsAt(pages, scale);
    const pathAfter = (index: number): string => {
      const after = pages.list === "users" ? idAt("directory_user_", index) : idAt("event_", index);
      const list =
        pages.list === "users" ? `directory_users?directory=${seeded.directoryId}&order=asc` : `events?${names}`;
      return `/${list}&limit=100&after=${after}`;
    };
    await checkPage(target, pathAfter(50), pages.list === "users" ? idAt("directory_user_", 150) : idAt("event_", 150));
    const random = numbers();
    const sample = async (): Promise<Sample> => {
      const requests = Array.from({ length: requestsAt(scale) / 2 }, () => {
        return { path: pathAfter(1 + (random() % (rows - 150))) };
      });
      return measure(url, target, { method: "GET", status: "200", requests });
    };
    await sample();
    return { sample };
  };
}

const names = "events=dsync.user.created,dsync.user.updated,dsync.user.deleted";

async function checkPage(target: Target, path: string, last: string): Promise<void> {
  const page = (await (await ask(target, path)).json()) as { data: { id: string }[]; list_metadata: { after: string } };
  if (page.data.length !== 100 || page.data.at(-1)?.id !== last || page.list_metadata.after !== last) {
    throw new Error(`${path} should have 100 rows up to ${last}.`);
  }
}

/** The same numbers for every case. */
function numbers(): () => number {
  let state = 42;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff);
}

/** One query for the place of the cursor, one for the page, one for its end. */
async function serveKeyset({ dataFile }: Seeded, { list }: Pages): Promise<Target> {
  const table = list === "users" ? "directory_user" : "event";
  const database = new Database(dataFile);
  const where = list === "users" ? "directory_seq = 1 and is_announced = 1 and" : "";
  const placeOf = database.prepare(`select seq from ${table} where id = ?`).pluck();
  const idOf = database.prepare(`select id from ${table} where seq = ?`).pluck();
  const page = database.prepare(
    `select cast(group_concat(body) as blob) as body, max(seq) as last from
       (select seq, body from ${table} where ${where} seq > ? order by seq limit 100)`,
  );
  const head = Buffer.from('{"object":"list","data":[');
  const server = createServer((request, response) => {
    const after = new URL(request.url ?? "", "http://localhost").searchParams.get("after");
    const { body, last } = page.get(placeOf.get(after)) as { body: Buffer; last: number };
    const tail = Buffer.from(`],"list_metadata":{"before":null,"after":"${String(idOf.get(last))}"}}`);
    const sent = Buffer.concat([head, body, tail]);
    response.writeHead(200, { "content-type": "application/json", "content-length": sent.length }).end(sent);
  });
  return { port: await listen(server), token };
}

async function listen(server: Server): Promise<number> {
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const inMemory = "node:http, in memory";
const scimmy = "scimmy-routers, in memory";
const durable = "@dirsync/server, on disk";

function pagesBenchmark(pages: Pages, label: string): Benchmark {
  const limit = "node:http and one query";
  const ours = "@dirsync/server";
  return {
    name: `server/${pages.list}-page-${label}`,
    title: `a page of 100 of ${label} ${pages.list}, anywhere`,
    metrics,
    rounds: 7,
    cases: [
      { name: limit, role: "limit", open: reading(pages, serveKeyset) },
      { name: ours, role: "ours", open: reading(pages, serveSeeded) },
    ],
    goals: [{ metric: "perSecond", of: ours, to: limit, bound: 0.7 }],
    serve: serveLoads,
  };
}

function writes(name: string, title: string, open: (serve: () => Promise<ScimServer>) => Case["open"]): Benchmark {
  const bounds = name === "post" ? { limit: 0.45, peer: 5 } : { limit: 0.4, peer: 12 };
  return {
    name: `server/${name}`,
    title,
    metrics,
    rounds: 9,
    cases: [
      { name: inMemory, role: "limit", open: open(serveInMemory) },
      { name: scimmy, role: "peer", open: open(serveScimmy) },
      { name: durable, role: "ours", open: open(() => serveOurs()) },
    ],
    goals: [
      { metric: "perSecond", of: durable, to: inMemory, bound: bounds.limit },
      { metric: "perSecond", of: durable, to: scimmy, bound: bounds.peer },
    ],
    serve: serveLoads,
  };
}

export const benchmarks: readonly Benchmark[] = [
  writes("post", "a user is created over SCIM", creating),
  writes("patch", "the title of a user is changed over SCIM", changing),
  pagesBenchmark({ list: "users", rows: 1_000 }, "1k"),
  pagesBenchmark({ list: "users", rows: 10_000 }, "10k"),
  pagesBenchmark({ list: "users", rows: 100_000 }, "100k"),
  pagesBenchmark({ list: "events", rows: 100_000 }, "100k"),
  {
    name: "server/events-growth",
    title: "a page of 100 events, anywhere in a log that has grown",
    metrics,
    rounds: 7,
    cases: [
      { name: "of 10,000", role: "limit", open: reading({ list: "events", rows: 10_000 }, serveSeeded) },
      { name: "of 1,000,000", role: "ours", open: reading({ list: "events", rows: 1_000_000 }, serveSeeded) },
    ],
    // A cost of at most 1.6 times.
    goals: [{ metric: "perCpuSecond", of: "of 1,000,000", to: "of 10,000", bound: 0.625 }],
    serve: serveLoads,
  },
  {
    name: "server/endpoints",
    title: "a user is created over SCIM, beside webhook endpoints that are told of something else",
    metrics,
    rounds: 7,
    cases: [
      { name: "no endpoint", role: "limit", open: creating(() => serveOurs()) },
      { name: "100 endpoints", role: "ours", open: creating(() => serveOurs(100)) },
    ],
    goals: [{ metric: "perCpuSecond", of: "100 endpoints", to: "no endpoint", bound: 0.8 }],
    serve: serveLoads,
  },
];
