/** `dirsync torture`: what it says about handlers that are right, and about those that are wrong as they are in the wild. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isWhole, readScale, share } from "../fault/scale.ts";
import { binFile, type Exit } from "../support/cli-process.ts";
import { mistakes } from "../support/handler-mistakes.ts";
import { type Change, torturedApp } from "../support/tortured-app.ts";
import { runWarmCli } from "../support/warm-cli.ts";

const patience = { timeout: 300_000 };

const scale = readScale();
const all = Object.entries(mistakes);
/** One of them in `npm test`: each is two processes for half a minute of a busy machine. */
const tried = share(all, { of: all.length, scale });

let folder: string;
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dirsync-torture-test-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Found {
  readonly verdict: string;
  readonly run: number;
  readonly message: string | null;
  readonly events: readonly { readonly event: string }[];
  readonly faults: readonly { readonly kind: string }[];
  readonly injected: readonly string[];
  readonly differences: readonly unknown[];
}

interface Report {
  readonly runs: number;
  readonly snapshot: boolean;
  readonly lost: number;
  readonly duplicated: number;
  readonly out_of_order: number;
  readonly findings: readonly Found[];
}

describe("handlers that are right", () => {
  test.each([
    // A whole chapter, or a part of it.
    ["with fencing and tombstones, in lanes of users", isWhole(scale) ? 21 : 4, () => [moduleOf({}), "--lane", "user"]],
    ["of the demo", isWhole(scale) ? 7 : 4, () => [join(dirname(binFile), "../demo/handlers.ts")]],
  ])("%s: nothing is found in %d runs", patience, async (_name, runs, given) => {
    const [file = "", ...flags] = given();
    const { code, report } = await torture(file, ["--runs", String(runs), ...flags]);
    expect(report).toMatchObject({ runs, snapshot: true, lost: 0, duplicated: 0, out_of_order: 0, findings: [] });
    expect(code).toBe(0);
  });
});

describe(`handlers that are wrong (seed ${scale.seed})`, () => {
  test.each(tried)("%s", patience, async (_name, mistake) => {
    const { change, run, flags = [], verdict, fault, event } = mistake;
    const { code, report } = await torture(moduleOf(change), ["--only", String(run), ...flags]);
    const found = report.findings.find((one) => one.verdict === verdict);
    expect({ code, findings: report.findings, found }).toMatchObject({ code: 5, found: { verdict } });
    expect(report.findings.map((one) => one.run)).toEqual(report.findings.map(() => run));
    expect(found?.faults.map(({ kind }) => kind)).toEqual(fault === null ? [] : [fault]);
    expect(found?.events.length).toBeLessThanOrEqual(4);
    if (event !== "") expect(found?.events.map((one) => one.event)).toContain(event);
  });
});

function moduleOf(change: Change): string {
  return written(torturedApp(change));
}

function written(source: string): string {
  files += 1;
  const file = join(folder, `handlers-${files}.mjs`);
  writeFileSync(file, source, { mode: 0o644 });
  return file;
}

async function torture(file: string, flags: readonly string[]): Promise<Exit & { readonly report: Report }> {
  const exit = await runWarmCli(["torture", "--handlers", file, "--json", ...flags]);
  if (exit.stdout === "") throw new Error(exit.stderr);
  return { ...exit, report: JSON.parse(exit.stdout) as Report };
}
