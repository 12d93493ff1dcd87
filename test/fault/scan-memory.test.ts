/**
 * What a scan has in memory does not grow with the number of users: from a tenth of a million on in `npm run test:fault`, and of
 * a few thousand in `npm test`. Users are made up as they are listed, so that all there is in memory is the scan's.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { isWhole, readScale } from "./scale.ts";
import { printTable } from "./table.ts";

const isLong = isWhole(readScale());
const usersTotal = isLong ? 1_000_000 : 12_000;
/** Of a leak, a short way shows as much. */
const controlUsers = 12_000;
const timeoutMs = isLong ? 1_800_000 : 120_000;
/** On a short way the process is still warming up. */
const growthMax = isLong ? { heapBytes: 0.05, rssBytes: 0.05 } : { heapBytes: 0.15, rssBytes: 0.6 };

interface Sample {
  readonly users: number;
  /** After the collector has run. */
  readonly heapBytes: number;
  readonly rssBytes: number;
}

interface Said {
  readonly state: string;
  readonly created: number;
  readonly samples: readonly Sample[];
}

async function scanned(users: number, manner: "healthy" | "leaking"): Promise<Said> {
  const program = fileURLToPath(new URL("fixtures/scan-users.mjs", import.meta.url));
  const env = { PATH: process.env["PATH"] ?? "", DIRSYNC_STATE: join(temporaryFolder(onTestFinished), "state.db") };
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, String(users), manner], {
    env,
  });
  return JSON.parse(stdout) as Said;
}

/** The middle of the samples in the second tenth, and in the last. */
function ends(samples: readonly Sample[], name: "heapBytes" | "rssBytes"): readonly [early: number, late: number] {
  const tenth = Math.floor(samples.length / 10);
  return [middle(samples.slice(tenth, 2 * tenth), name), middle(samples.slice(-tenth), name)];
}

function middle(samples: readonly Sample[], name: "heapBytes" | "rssBytes"): number {
  const values = samples.map((sample) => sample[name]).sort((one, other) => one - other);
  return values[Math.floor(values.length / 2)] ?? 0;
}

function growthOf(samples: readonly Sample[], name: "heapBytes" | "rssBytes"): number {
  const [early, late] = ends(samples, name);
  return late / early - 1;
}

test("a scan has no more in memory for many users than for few", { timeout: timeoutMs }, async () => {
  const { state, created, samples } = await scanned(usersTotal, "healthy");
  const tell = (name: "heapBytes" | "rssBytes"): string => {
    const [early, late] = ends(samples, name).map((bytes) => (bytes / 1024 / 1024).toFixed(1));
    return `${early} early, ${late} late (${(growthOf(samples, name) * 100).toFixed(1)} %)`;
  };
  printTable(`memory of a scan of ${usersTotal} users`, {
    "heap, MiB": tell("heapBytes"),
    "RSS, MiB": tell("rssBytes"),
  });
  expect({ state, created }).toEqual({ state: "complete", created: usersTotal });
  expect(growthOf(samples, "heapBytes")).toBeLessThan(growthMax.heapBytes);
  expect(growthOf(samples, "rssBytes")).toBeLessThan(growthMax.rssBytes);
});

test("(control) one that keeps what it has read is found out", { timeout: timeoutMs }, async () => {
  const { samples } = await scanned(controlUsers, "leaking");
  expect(growthOf(samples, "heapBytes")).toBeGreaterThan(0.3);
});
