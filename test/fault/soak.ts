/** A long way through a log with a real consumer process, and a verdict on what it keeps, by ratio and not by size. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** What the consumer process has at a moment. */
export interface Sample {
  /** Events that the slower sink has taken. */
  readonly delivered: number;
  readonly atMs: number;
  readonly rssBytes: number;
  /** Open files. */
  readonly descriptors: number;
  /** What keeps the event loop alive: timers, sockets and the like. */
  readonly resources: number;
  readonly walBytes: number;
  readonly fileBytes: number;
}

/** What the consumer says at its end. */
export interface SoakEnd {
  readonly received: number;
  /** Name, delivered events and dead letters of each sink. */
  readonly counts: readonly (readonly [sink: string, delivered: number, dead: number])[];
  readonly refused: number;
}

export interface Soak {
  readonly samples: readonly Sample[];
  readonly end: SoakEnd;
}

/** How it is done. */
export interface SoakOptions {
  readonly folder: string;
  readonly events: number;
  /** `leaking`, to see that it would be noticed. */
  readonly manner: "healthy" | "leaking";
}

/** How long the consumer keeps what is done with, by its own clock. */
const retentionMs = 7 * 86_400_000;
/** Of the log, by the clock of the log. */
const retainedShare = 0.2;
/** The log ends about now, so that nothing in it is from the future. */
const logMs = retentionMs / retainedShare;

const logProgram = fileURLToPath(new URL("fixtures/canned-log.mjs", import.meta.url));
const consumerProgram = fileURLToPath(new URL("fixtures/soak-consumer.mjs", import.meta.url));

/** Lets a consumer process work through a log of so many events, which another process serves. */
export async function soak({ folder, events, manner }: SoakOptions): Promise<Soak> {
  const time = [String(events), String(Math.round(logMs / events)), String(Date.now() - logMs)];
  const log = spawn(process.execPath, [logProgram, ...time], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [port] = (await once(log.stdout, "data")) as [Buffer];
    return await consume([...time, manner], {
      PATH: process.env["PATH"] ?? "",
      DIRSYNC_BASE_URL: `http://127.0.0.1:${port.toString().trim()}`,
      DIRSYNC_STATE: join(folder, "soak.db"),
    });
  } finally {
    log.kill("SIGKILL");
  }
}

async function consume(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Soak> {
  const consumer = spawn(process.execPath, [consumerProgram, ...args], { stdio: ["ignore", "pipe", "inherit"], env });
  const exited = once(consumer, "exit");
  const samples: Sample[] = [];
  let end: SoakEnd | null = null;
  try {
    for await (const line of createInterface({ input: consumer.stdout })) {
      const said = JSON.parse(line) as { readonly sample: Sample } | { readonly end: SoakEnd };
      if ("sample" in said) samples.push(said.sample);
      else end = said.end;
    }
    const [code] = (await exited) as [number | null];
    if (end === null || code !== 0) throw new Error(`The consumer ended with ${String(code)} before the log did.`);
    return { samples, end };
  } finally {
    consumer.kill("SIGKILL");
  }
}

/** What may become of a consumer on its way. */
export interface SoakLimits {
  /** Growth of the memory, as a share. */
  readonly rssGrowthMax: number;
}

const walBytesMax = 64 * 1024 * 1024;
/** Once as much is forgotten as comes in. */
const fileGrowthMax = 0.15;
/** Tries that happen to be under way when a sample is taken differ by so many. */
const resourcesMore = 8;
const descriptorsMore = 2;

/** Medians of a quantity early and late in a run. */
export interface Change {
  readonly early: number;
  readonly late: number;
}

/** Early: from 10 % on, when everything is loaded and compiled. Late: the last tenth. */
export function changeOf(samples: readonly Sample[], name: keyof Sample): Change {
  return {
    early: medianOf(samples, { name, from: 0.1, to: 0.2 }),
    late: medianOf(samples, { name, from: 0.9, to: 1 }),
  };
}

/** What is wrong with a run, by what grew; empty when nothing is. */
export function judgeSoak(samples: readonly Sample[], { rssGrowthMax }: SoakLimits): readonly string[] {
  const findings: string[] = [];
  const rss = changeOf(samples, "rssBytes");
  if (rss.late > rss.early * (1 + rssGrowthMax)) findings.push("memory");
  const descriptors = changeOf(samples, "descriptors");
  if (descriptors.late > descriptors.early + descriptorsMore) findings.push("descriptors");
  const resources = changeOf(samples, "resources");
  if (resources.late > resources.early + resourcesMore) findings.push("resources");
  if (samples.some(({ walBytes }) => walBytes > walBytesMax)) findings.push("write-ahead log");
  // By then, half as much again has come as is kept.
  const settled = medianOf(samples, { name: "fileBytes", from: 0.35, to: 0.45 });
  if (changeOf(samples, "fileBytes").late > settled * (1 + fileGrowthMax)) findings.push("state file");
  return findings;
}

interface Window {
  readonly name: keyof Sample;
  /** Shares of the way. */
  readonly from: number;
  readonly to: number;
}

function medianOf(samples: readonly Sample[], { name, from, to }: Window): number {
  const part = samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
  const sorted = part.map((sample) => sample[name]).sort((left, right) => left - right);
  const middle = sorted[sorted.length >> 1];
  if (middle === undefined) throw new Error(`There are only ${samples.length} samples.`);
  return middle;
}
