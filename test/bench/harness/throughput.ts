import { performance } from "node:perf_hooks";
import type { Setting, Subject } from "./benchmark.ts";

/** Long enough for some collections of short-lived garbage, short enough that many rounds go undisturbed. */
const sampleMs = 50;

/** Until the engine has compiled what it will, twice over. */
const warmUpMs = 500;

/** Measures work that is done at once, as `perSecond`: as often as fits into a sample. */
export function throughput({ scale }: Setting, work: () => void): Subject {
  const times = scale === "tiny" ? 3 : timesIn(sampleMs, work);
  return {
    sample() {
      const startMs = performance.now();
      for (let time = 0; time < times; time += 1) work();
      return { perSecond: (times / (performance.now() - startMs)) * 1000 };
    },
  };
}

/** `throughput` of work that gives a promise, one after the other. */
export async function laterThroughput({ scale }: Setting, work: () => Promise<void>): Promise<Subject> {
  let times = 3;
  if (scale === "full") {
    const startMs = performance.now();
    let done = 0;
    for (; performance.now() - startMs < warmUpMs; done += 1) await work();
    times = Math.max(1, Math.round((done * sampleMs) / warmUpMs));
  }
  return {
    async sample() {
      const startMs = performance.now();
      for (let time = 0; time < times; time += 1) await work();
      return { perSecond: (times / (performance.now() - startMs)) * 1000 };
    },
  };
}

function timesIn(ms: number, work: () => void): number {
  const startMs = performance.now();
  let done = 0;
  for (; performance.now() - startMs < warmUpMs; done += 1) work();
  return Math.max(1, Math.round((done * ms) / warmUpMs));
}
