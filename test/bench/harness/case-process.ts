/**
 * One case, or the service of a benchmark, in a process of its own. Started by `case-pool.ts`: says `ready` when it is
 * open, answers each message with a sample, and ends when its parent lets go of it.
 */
import { findBenchmark } from "../benchmarks.ts";
import type { Setting } from "./benchmark.ts";

/** What a case process says. */
export type Said =
  | { readonly kind: "ready"; readonly url: string }
  | { readonly kind: "sample"; readonly sample: Readonly<Record<string, number>> }
  | { readonly kind: "failed"; readonly message: string };

const [, , benchmarkName = "", caseName = "", settingText = "{}"] = process.argv;
const setting = JSON.parse(settingText) as Setting;

process.on("disconnect", () => process.exit());
try {
  const benchmark = await findBenchmark(benchmarkName);
  if (caseName === "") {
    const service = await benchmark.serve?.(setting.scale);
    say({ kind: "ready", url: service?.url ?? "" });
  } else {
    const found = benchmark.cases.find(({ name }) => name === caseName);
    if (found === undefined) throw new Error(`${benchmarkName} has no case ${caseName}.`);
    const subject = await found.open(setting);
    process.on("message", () => void takeSample(subject).then(say));
    say({ kind: "ready", url: "" });
  }
} catch (error) {
  say(failure(error));
}

async function takeSample(subject: { sample(): unknown }): Promise<Said> {
  try {
    return { kind: "sample", sample: (await subject.sample()) as Record<string, number> };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): Said {
  return { kind: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function say(said: Said): void {
  process.send?.(said);
}
