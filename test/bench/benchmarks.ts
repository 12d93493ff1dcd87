import type { Benchmark } from "./harness/benchmark.ts";

/** Group → its benchmarks. Loaded when asked for, so that a case process has in memory only what it measures. */
const groups: Readonly<Record<string, () => Promise<{ readonly benchmarks: readonly Benchmark[] }>>> = {
  cli: async () => import("./cli.bench.ts"),
  envelope: async () => import("./envelope.bench.ts"),
  groups: async () => import("./groups.bench.ts"),
  import: async () => import("./import.bench.ts"),
  scan: async () => import("./scan.bench.ts"),
  server: async () => import("./server.bench.ts"),
  sinks: async () => import("./sinks.bench.ts"),
  size: async () => import("./size.bench.ts"),
  tail: async () => import("./tail.bench.ts"),
  users: async () => import("./users.bench.ts"),
  verify: async () => import("./verify.bench.ts"),
};

/** Packages that are measured or compared with, whose versions a run names. */
export const measuredPackages = ["@dirsync/sdk", "@dirsync/consumer", "@workos-inc/node", "workos-node-11", "undici"];

/** Every benchmark whose name has one of `filters` in it; all of them without a filter. */
export async function selectBenchmarks(filters: readonly string[]): Promise<readonly Benchmark[]> {
  const all = await Promise.all(Object.values(groups).map(async (load) => (await load()).benchmarks));
  const names = all.flat();
  return filters.length === 0 ? names : names.filter(({ name }) => filters.some((filter) => name.includes(filter)));
}

/** The benchmark of this name, which begins with the name of its group. */
export async function findBenchmark(name: string): Promise<Benchmark> {
  const load = groups[name.split("/")[0] ?? ""];
  const found = (await load?.())?.benchmarks.find((benchmark) => benchmark.name === name);
  if (found === undefined) throw new Error(`There is no benchmark ${name}.`);
  return found;
}
