import type { Setting, Subject } from "./benchmark.ts";

/** Long enough for some collections of short-lived garbage, short enough for many rounds. */
const sampleMs = 50;

/** Until the engine has compiled what it will, twice over. */
const warmUpMs = 500;

/**
 * Measures work as `perCpuSecond`: how often it is done while the process uses one second of processors, collections of
 * garbage and threads of its pool included. On an idle machine that is the rate by the clock; on a busy one the clock
 * mostly measures the others.
 */
export async function throughput({ scale }: Setting, work: () => unknown): Promise<Subject> {
  const times = scale === "tiny" ? 3 : await timesOfSample(work);
  return {
    async sample() {
      const before = process.cpuUsage();
      await repeat(times, work);
      return { perCpuSecond: times / cpuSecondsSince(before) };
    },
  };
}

/** Seconds of processors that this process has used since `process.cpuUsage()` gave `before`. */
export function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Warms up, and finds how often the work fits into a sample. */
async function timesOfSample(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  let times = 1;
  for (;;) {
    const before = process.cpuUsage();
    await repeat(times, work);
    const cpuMs = cpuSecondsSince(before) * 1000;
    // A tenth of a sample is long enough to judge by.
    if (cpuMs < sampleMs / 10) times *= 2;
    else if (performance.now() - startMs >= warmUpMs) return Math.max(1, Math.round((times * sampleMs) / cpuMs));
  }
}

/** Waits only where there is something to wait for: a turn of the queue would cost as much as a small piece of work. */
async function repeat(times: number, work: () => unknown): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const result = work();
    if (result instanceof Promise) await result;
  }
}
