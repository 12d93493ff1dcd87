/**
 * Benchmarks that nobody runs rot. Here each case does its work once, as small as it gets; what it takes is no matter. A sixth of the
 * benchmarks in `npm test`, and all of them in `npm run test:rest`.
 */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readScale, share } from "../fault/scale.ts";
import { runToEnd } from "../support/installed-app.ts";
import { selectBenchmarks } from "./benchmarks.ts";
import type { Outcome } from "./harness/run-benchmark.ts";

const scale = readScale();
const program = fileURLToPath(new URL("run.mjs", import.meta.url));

// Some thirty processes, one after the other: on a machine with other things to do that takes its time.
async function bench(...args: readonly string[]): Promise<string> {
  return runToEnd([process.execPath, program, ...args], fileURLToPath(new URL(".", import.meta.url)));
}

test(`every case of every benchmark comes to the right result, and every goal to a verdict (seed ${scale.seed})`, async () => {
  const names = share(await selectBenchmarks([]), { of: 6, scale }).map(({ name }) => name);
  const benchmarks = await selectBenchmarks(names);
  const { outcomes } = JSON.parse(await bench("--tiny", "--json", ...names)) as { outcomes: readonly Outcome[] };
  const measured = outcomes.map(({ benchmark, samples, verdicts }) => ({
    name: benchmark.name,
    cases: Object.entries(samples).map(([name, taken]) => [name, taken.map((sample) => Object.keys(sample))]),
    goals: verdicts.map(({ of, reached }) => [of, reached > 0]),
  }));
  expect(measured).toEqual(
    benchmarks.map(({ name, cases, metrics, goals }) => ({
      name,
      cases: cases.map((each) => [each.name, [Object.keys(metrics)]]),
      goals: goals.map(({ of }) => [of, true]),
    })),
  );
}, 600_000);

test("people get a table and the goals, of the benchmarks they name", async () => {
  // Not tiny: each case in a process of its own, as when something is measured.
  const text = await bench("--rounds", "1", "verify/1-kib");
  expect(text).toMatch(/^### verify\/1-kib: /m);
  expect(text).toMatch(/^\| bare HMAC +\| +[\d,.]+ \|/m);
  expect(text).toMatch(
    /^- verifySignature\(\) ≥ 0\.85× bare HMAC \(webhooks per CPU second\): [\d.]+×, (?:met|\*\*missed\*\*)$/m,
  );
  expect(text).not.toContain("verify/10-kib");
}, 300_000);

test("(control) a benchmark that does not exist is an error that names those that do", async () => {
  await expect(bench("--tiny", "nothing")).rejects.toThrow(/No benchmark is called so\. There are .*verify\/1-kib/);
}, 300_000);
