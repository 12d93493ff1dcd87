/** What the check of each event's envelope adds to reading a page of the log: every page pays it, before any handler. */
import type { Benchmark } from "./harness/benchmark.ts";
import { throughput } from "./harness/throughput.ts";
import { eventsPage } from "./payloads.ts";

const events = 100;

export const benchmarks: readonly Benchmark[] = [
  {
    name: "envelope/page",
    title: `the envelopes of a page of ${events} events, against parsing it`,
    metrics: { perCpuSecond: { unit: "pages per CPU second", better: "more", judgedBy: "median" } },
    rounds: 50,
    cases: [
      {
        name: "JSON.parse",
        role: "limit",
        open: async (setting) => {
          const text = JSON.stringify(eventsPage(events));
          return throughput(setting, () => expectPage(JSON.parse(text)));
        },
      },
      {
        name: "isEnvelope()",
        role: "ours",
        open: async (setting) => {
          const { isEnvelope } = await import("@dirsync/sdk");
          // Parsed, because objects of JSON.parse are laid out as the client meets them.
          const { data } = JSON.parse(JSON.stringify(eventsPage(events))) as { data: readonly unknown[] };
          return throughput(setting, () => {
            for (const event of data) if (!isEnvelope(event)) throw new Error("This is not an event.");
          });
        },
      },
    ],
    // At most 5 % of the time: at least twenty times as often.
    goals: [{ metric: "perCpuSecond", of: "isEnvelope()", to: "JSON.parse", bound: 20 }],
  },
];

function expectPage(value: unknown): void {
  if ((value as { data: readonly unknown[] }).data.length !== events) throw new Error("This is not the page.");
}
