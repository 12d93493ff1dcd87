import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Benchmark, Sample, Setting } from "./benchmark.ts";
import type { Part, Said } from "./case-process.ts";

/** The processes of one benchmark. */
export interface CasePool {
  /** Measures a case once; the others are idle meanwhile. */
  sample(caseName: string): Promise<Sample>;
  close(): Promise<void>;
}

// All of the harness is built into one folder, beside `main.js`.
const program = fileURLToPath(new URL("case-process.js", import.meta.url));

/** Starts the service of a benchmark, if it has one, and each case, one after the other. What is tiny shares one process. */
export async function openCases(benchmark: Benchmark, scale: Setting["scale"]): Promise<CasePool> {
  const children: ChildProcess[] = [];
  const cases = new Map<string, ChildProcess>();
  const close = async (): Promise<void> => {
    await Promise.all(children.map(end));
  };
  const env = { ...process.env, ...benchmark.environment?.() };
  const start = async (part: Part, setting: Setting): Promise<string> => {
    const child = fork(program, [benchmark.name, JSON.stringify(part), JSON.stringify(setting)], {
      stdio: ["ignore", 2, 2, "ipc"],
      // The service is no part of what is measured.
      env: part.cases.length === 0 ? process.env : env,
    });
    children.push(child);
    for (const name of part.cases) cases.set(name, child);
    const said = await hear(child, [benchmark.name, ...part.cases].join(" "));
    return said.kind === "ready" ? said.url : "";
  };
  try {
    let url = "";
    for (const part of partsOf(benchmark, scale)) url = await start(part, { scale, url });
    return {
      async sample(caseName) {
        const child = cases.get(caseName);
        if (child === undefined) throw new RangeError(`${benchmark.name} has no case ${caseName}.`);
        child.send(caseName);
        const said = await hear(child, `${benchmark.name} ${caseName}`);
        return said.kind === "sample" ? said.sample : {};
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What lives in a process of its own. */
function partsOf({ cases, serve }: Benchmark, scale: Setting["scale"]): readonly Part[] {
  const names = cases.map(({ name }) => name);
  const isServed = serve !== undefined;
  if (scale === "tiny") return [{ isServed, cases: names }];
  const service = isServed ? [{ isServed, cases: [] }] : [];
  return [...service, ...names.map((name) => ({ isServed: false, cases: [name] }))];
}

/** The next thing the process says. Rejects when that is a failure, or when it ends without a word. */
async function hear(child: ChildProcess, what: string): Promise<Said> {
  const listening = new AbortController();
  const { signal } = listening;
  try {
    const said = await Promise.race([
      once(child, "message", { signal }).then(([message]) => message as Said),
      once(child, "exit", { signal }).then(([code]): Said => ({ kind: "failed", message: `it ended with ${code}` })),
    ]);
    if (said.kind === "failed") throw new Error(`${what}: ${said.message}`);
    return said;
  } finally {
    listening.abort();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill();
  await ended;
}
