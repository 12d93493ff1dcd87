/** Lives of consecutive seeds, shared among processes: one for each core, each of which takes every n-th seed. */
import { type ChildProcess, execFile } from "node:child_process";
import { availableParallelism, constants, setPriority } from "node:os";

/** Which lives are lived. */
export interface SeedShares {
  readonly first: number;
  readonly count: number;
  /** Failing seeds after which a process stops, and all others at the end of the life they are in. */
  readonly failuresMax: number;
  /** Default one for each core. One where few lives are enough: each has its code to compile before it is quick. */
  readonly processesMax?: number;
  /** What the program is told besides. */
  readonly args?: readonly string[];
}

/** More find no free core, and each costs memory. */
const processesMaxDefault = 4;
const outputBytesMax = 256 * 1024 * 1024;

/**
 * Runs a program, which gets its first seed, how many, the step from one to the next and `failuresMax`, and prints a report as
 * JSON. It is to end at the end of the life it is in once its standard input has ended, as `stopsWithInput` tells it: that
 * is also how it learns that whoever started it is gone.
 */
export async function runShares<R extends { readonly failures: readonly unknown[] }>(
  program: string,
  { first, count, failuresMax, processesMax = processesMaxDefault, args = [] }: SeedShares,
): Promise<readonly R[]> {
  const processes = Math.min(availableParallelism(), processesMax, count);
  const running = new Set<ChildProcess>();
  return await Promise.all(
    Array.from({ length: processes }, async (_, index) => {
      const part = Math.ceil((count - index) / processes);
      const numbers = [first + index, part, processes, failuresMax].map(String);
      const report = await run<R>([program, ...numbers, ...args], running);
      if (report.failures.length >= failuresMax) for (const other of running) other.stdin?.end();
      return report;
    }),
  );
}

/** In the program: becomes true once its standard input has ended. */
export function stopsWithInput(): () => boolean {
  let isEnough = false;
  process.stdin.once("end", () => (isEnough = true)).resume();
  return () => isEnough;
}

function run<R>(program: readonly string[], running: Set<ChildProcess>): Promise<R> {
  return new Promise((resolve, reject) => {
    const args = ["--enable-source-maps", ...program];
    const child = execFile(process.execPath, args, { maxBuffer: outputBytesMax }, (error, stdout, stderr) => {
      running.delete(child);
      if (error !== null) return reject(new Error(`The simulation ended badly: ${stderr}`, { cause: error }));
      resolve(JSON.parse(stdout) as R);
    });
    running.add(child);
    yieldToOthers(child);
  });
}

/** Simulated time stands still while it has no processor, and real processes that are killed beside it wait by the clock. */
function yieldToOthers({ pid }: ChildProcess): void {
  if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
}
