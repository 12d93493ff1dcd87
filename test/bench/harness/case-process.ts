/**
 * One case, or the service of a benchmark, in a process of its own; or all of them in one. Started by `case-pool.ts`: says
 * `ready` when they are open, answers each name of a case with a sample, and ends when its parent lets go of it.
 */
import { findBenchmark } from "../benchmarks.ts";
import type { Setting, Subject } from "./benchmark.ts";

/** What of a benchmark a process is for. */
export interface Part {
  /** Whether it has the service. Else that is elsewhere already, if there is one. */
  readonly isServed: boolean;
  readonly cases: readonly string[];
}

/** What a case process says. */
export type Said =
  | { readonly kind: "ready"; readonly url: string }
  | { readonly kind: "sample"; readonly sample: Readonly<Record<string, number>> }
  | { readonly kind: "failed"; readonly message: string };

const [, , benchmarkName = "", partText = "{}", settingText = "{}"] = process.argv;
const { isServed, cases } = JSON.parse(partText) as Part;
const setting = JSON.parse(settingText) as Setting;

process.on("disconnect", () => process.exit());
try {
  const benchmark = await findBenchmark(benchmarkName);
  const url = isServed ? ((await benchmark.serve?.(setting.scale))?.url ?? "") : setting.url;
  const subjects = new Map<string, Subject>();
  for (const name of cases) {
    const found = benchmark.cases.find((each) => each.name === name);
    if (found === undefined) throw new Error(`${benchmarkName} has no case ${name}.`);
    subjects.set(name, await found.open({ ...setting, url }));
  }
  process.on("message", (name: string) => void takeSample(subjects.get(name)).then(say));
  say({ kind: "ready", url });
} catch (error) {
  say(failure(error));
}

async function takeSample(subject: Subject | undefined): Promise<Said> {
  try {
    return { kind: "sample", sample: (await subject?.sample()) ?? {} };
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
