/**
 * Lets a built `dirsync tail` deliver a long log over real HTTP to two sinks, and watches what it holds: memory, open
 * files, the write-ahead log. None of them may grow with the number of events.
 *
 *     npm run build:js && node scripts/soak.mjs              # 1,000,000 events
 *     node scripts/soak.mjs 100000                           # fewer, to try it out
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {{ delivered: number, rssMiB: number, files: number, walMiB: number }} Sample */

const bin = fileURLToPath(new URL("../packages/cli/bin/dirsync.js", import.meta.url));
const key = "sk_soak";
const pageSize = 100;
const sampleEveryMs = 500;
/** From a tenth of the log to its end. The heap has found its size by then. */
const rssGrowthMax = 0.05;
/** With fewer events the heap is still finding its size, and what it does says nothing. */
const judgedMin = 300_000;
const filesGrowthMax = 2;
const walMiBMax = 64;

if (process.argv[2] === "serve") serve(Number(process.argv[3]));
else process.exitCode = await soak(Number(process.argv[2] ?? 1_000_000));

/** @param {number} events @returns {Promise<number>} the exit code */
async function soak(events) {
  const folder = mkdtempSync(join(tmpdir(), "dirsync-soak-"));
  const service = spawn(process.execPath, [fileURLToPath(import.meta.url), "serve", String(events)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const url = String((await service.stdout.iterator({ destroyOnReturn: false }).next()).value).trim();
    return judge(await watch({ events, folder, url }), events);
  } finally {
    service.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {{ events: number, folder: string, url: string }} options @returns {Promise<Sample[]>} */
async function watch({ events, folder, url }) {
  const state = join(folder, "tail.db");
  const handlers = join(folder, "handlers.mjs");
  writeFileSync(handlers, 'export default { "*": () => undefined };\n');
  const startedMs = performance.now();
  const tail = spawn(process.execPath, [bin, "tail", "--once", "--stdout", "--handlers", handlers], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env["PATH"], HOME: folder, DIRSYNC_API_KEY: key, DIRSYNC_BASE_URL: url, DIRSYNC_STATE: state },
  });
  let delivered = 0;
  tail.stdout.on("data", (/** @type {Buffer} */ chunk) => {
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) delivered += 1;
  });
  /** @type {Sample[]} */
  const samples = [];
  const timer = setInterval(() => samples.push({ delivered, ...holdings(tail.pid, state) }), sampleEveryMs);
  const code = await new Promise((resolve) => tail.once("close", resolve));
  clearInterval(timer);
  const seconds = (performance.now() - startedMs) / 1_000;
  console.log(
    `${delivered} of ${events} events in ${seconds.toFixed(1)} s (${Math.round(delivered / seconds)}/s), exit ${code}`,
  );
  if (code !== 0 || delivered !== events) throw new Error("It did not deliver every event once.");
  return samples;
}

/** What a process holds now; nothing of it when it has just ended. @param {number | undefined} pid @param {string} state */
function holdings(pid, state) {
  try {
    const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    const files = readdirSync(`/proc/${pid}/fd`).length;
    return { rssMiB: Number(rss ?? Number.NaN) / 1024, files, walMiB: statSync(`${state}-wal`).size / 1024 ** 2 };
  } catch {
    return { rssMiB: Number.NaN, files: Number.NaN, walMiB: Number.NaN };
  }
}

/** @param {readonly Sample[]} samples @param {number} events @returns {number} the exit code */
function judge(samples, events) {
  const whole = samples.filter(({ rssMiB }) => Number.isFinite(rssMiB));
  // By time: the sinks do not go at one pace, and the slower one decides.
  const early = part(whole, 0.1, 0.3);
  const late = part(whole, 0.8, 1);
  if (early.length < 5 || late.length < 5) throw new Error("Too few samples to judge: soak with more events.");
  const rss = { early: medianRss(early), late: medianRss(late), most: Math.max(...whole.map(({ rssMiB }) => rssMiB)) };
  const files = { early: mostFiles(early), late: mostFiles(late) };
  const walMiB = Math.max(...whole.map((sample) => sample.walMiB));
  const growth = rss.late / rss.early - 1;
  const perEvents = (slope(part(whole, 0.4, 1)) * whole.length * 100_000) / events;
  const percent = (growth * 100).toFixed(1);
  console.log(
    `RSS ${rss.early.toFixed(0)} → ${rss.late.toFixed(0)} MiB (${percent} %), at most ${rss.most.toFixed(0)}`,
  );
  console.log(`RSS slope over the last 60 %: ${perEvents.toFixed(2)} MiB per 100,000 events`);
  console.log(`open files ${files.early} → ${files.late}, write-ahead log at most ${walMiB.toFixed(1)} MiB`);
  const isFlat = growth <= rssGrowthMax && files.late - files.early <= filesGrowthMax && walMiB <= walMiBMax;
  if (events < judgedMin) {
    console.log(`not judged: that takes ${judgedMin} events`);
    return 0;
  }
  console.log(isFlat ? "flat" : "IT GROWS");
  return isFlat ? 0 : 1;
}

/** @param {readonly Sample[]} samples @returns {number} */
function medianRss(samples) {
  return median(samples.map(({ rssMiB }) => rssMiB));
}

/** @param {readonly Sample[]} samples @returns {number} */
function mostFiles(samples) {
  return Math.max(...samples.map(({ files }) => files));
}

/** @param {readonly Sample[]} samples @param {number} from @param {number} to @returns {readonly Sample[]} */
function part(samples, from, to) {
  return samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
}

/** @param {readonly number[]} values @returns {number} */
function median(values) {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** MiB from one sample to the next, by least squares. @param {readonly Sample[]} samples @returns {number} */
function slope(samples) {
  const x = (samples.length - 1) / 2;
  const y = samples.reduce((sum, { rssMiB }) => sum + rssMiB, 0) / samples.length;
  const above = samples.reduce((sum, { rssMiB }, index) => sum + (index - x) * (rssMiB - y), 0);
  return above / samples.reduce((sum, _sample, index) => sum + (index - x) ** 2, 0);
}

/** The service: a log that exists only as numbers. @param {number} events */
function serve(events) {
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? "/", "http://localhost").searchParams;
    const after = query.has("range_start") ? 0 : Number((query.get("after") ?? "event_0").slice(6));
    const last = Math.min(after + pageSize, events);
    const data = [];
    for (let number = after + 1; number <= last; number += 1) data.push(eventOf(number));
    const metadata = `{"before":null,"after":${last < events && data.length > 0 ? `"event_${last}"` : "null"}}`;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`{"object":"list","data":[${data.join(",")}],"list_metadata":${metadata}}`);
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    console.log(`http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`);
  });
}

/** @param {number} number @returns {string} */
function eventOf(number) {
  const directory = number % 50;
  const person = `"id":"user_${directory}_${number % 5_000}","directory_id":"directory_${directory}","email":"person.${number}@example.com","first_name":"Ann","last_name":"Smith","state":"active"`;
  const at = new Date(1_768_478_400_000 + number * 10).toISOString();
  return `{"object":"event","id":"event_${number}","event":"dsync.user.updated","created_at":"${at}","data":{${person}}}`;
}
