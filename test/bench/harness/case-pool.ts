import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Benchmark, Sample, Setting } from "./benchmark.ts";
import type { Said } from "./case-process.ts";

/** The processes of one benchmark. */
export interface CasePool {
  /** Measures a case once; the others are idle meanwhile. */
  sample(caseName: string): Promise<Sample>;
  close(): Promise<void>;
}

// All of the harness is built into one folder, beside `main.js`.
const program = fileURLToPath(new URL("case-process.js", import.meta.url));

/** Starts the service of a benchmark, if it has one, and each case, one after the other. */
export async function openCases(benchmark: Benchmark, scale: Setting["scale"]): Promise<CasePool> {
  const children: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(children.map(end));
  };
  const env = { ...process.env, ...benchmark.environment?.() };
  const start = async (caseName: string, setting: Setting): Promise<[ChildProcess, string]> => {
    const child = fork(program, [benchmark.name, caseName, JSON.stringify(setting)], {
      stdio: ["ignore", 2, 2, "ipc"],
      // The service is no part of what is measured.
      env: caseName === "" ? process.env : env,
    });
    children.push(child);
    const said = await hear(child, `${benchmark.name} ${caseName}`);
    return [child, said.kind === "ready" ? said.url : ""];
  };
  try {
    const url = benchmark.serve === undefined ? "" : (await start("", { scale, url: "" }))[1];
    const cases = new Map<string, ChildProcess>();
    for (const { name } of benchmark.cases) cases.set(name, (await start(name, { scale, url }))[0]);
    return {
      async sample(caseName) {
        const child = cases.get(caseName);
        if (child === undefined) throw new RangeError(`${benchmark.name} has no case ${caseName}.`);
        child.send("sample");
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
