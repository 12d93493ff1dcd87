/** What an app carries: everything an entry exports, minified and packed, without the dependencies that stay outside. */
import { fileURLToPath } from "node:url";
import { gzippedBytes, sizePromises } from "../support/gzipped-bytes.ts";
import type { Benchmark, Case, Goal } from "./harness/benchmark.ts";

const folder = fileURLToPath(new URL(".", import.meta.url));

const official: readonly Case[] = ["@workos-inc/node", "workos-node-11"].map((entry) => ({
  name: entry,
  role: "peer",
  open: async () => ({
    sample: async () => ({ bytes: await gzippedBytes(folder, { entry, options: { platform: "node" } }) }),
  }),
}));

const ours: readonly Case[] = sizePromises.map(({ what, ...promise }) => ({
  name: what,
  role: "ours",
  open: async () => ({ sample: async () => ({ bytes: await gzippedBytes(folder, promise) }) }),
}));

const promised: readonly Goal[] = sizePromises.map(({ what, bytesMax }) => ({
  metric: "bytes",
  of: what,
  bound: bytesMax,
}));

export const benchmarks: readonly Benchmark[] = [
  {
    name: "size/gzip",
    title: "bytes of a bundle, minified and packed with gzip -9",
    metrics: { bytes: { unit: "bytes", better: "less", judgedBy: "median" } },
    rounds: 1,
    cases: [...official, ...ours],
    goals: [
      ...promised,
      ...official.map(({ name }) => ({ metric: "bytes", of: "the client on Node", to: name, bound: 0.35 })),
    ],
  },
];
