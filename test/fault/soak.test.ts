/**
 * A consumer with a journal and two sinks on a long way: a short one in `npm test`, a million events in `npm run
 * test:fault`. What it keeps must not grow with what it has delivered, and what it has forgotten must leave the state
 * file.
 */
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { readSoakEvents } from "./scale.ts";
import { changeOf, judgeSoak, type Sample, soak } from "./soak.ts";
import { printTable } from "./table.ts";

const soakEvents = readSoakEvents();
/** Enough for every kind of leak to show. */
const controlEvents = 3_000;
/** As far as most of what a process needs at all has been loaded and compiled by a tenth of the way. */
const longEvents = 1_000_000;
const wholeGrowthMax = 0.05;
/** On a short way the process is still warming up. */
const shortGrowthMax = 0.6;

test("a consumer keeps no more after a long way than after a short one", { timeout: 3_600_000 }, async () => {
  const folder = temporaryFolder(onTestFinished);
  const { samples, end } = await soak({ folder, events: soakEvents, manner: "healthy" });
  printTable(`soak: ${soakEvents} events, two sinks, lanes by user`, tell(samples));
  expect(end).toEqual({
    received: soakEvents,
    counts: [
      ["app", soakEvents, 0],
      ["audit", soakEvents, 0],
    ],
    refused: Math.floor(soakEvents / 1_000),
  });
  const rssGrowthMax = soakEvents >= longEvents ? wholeGrowthMax : shortGrowthMax;
  expect(judgeSoak(samples, { rssGrowthMax })).toEqual([]);
});

test(
  "(control) one that leaks memory, files and timers, and forgets nothing, is found out",
  { timeout: 120_000 },
  async () => {
    const folder = temporaryFolder(onTestFinished);
    const { samples } = await soak({ folder, events: controlEvents, manner: "leaking" });
    const findings = judgeSoak(samples, { rssGrowthMax: shortGrowthMax });
    expect(findings).toEqual(["memory", "descriptors", "resources", "state file"]);
  },
);

function tell(samples: readonly Sample[]): Readonly<Record<string, string | number>> {
  const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);
  const range = (name: keyof Sample, show: (value: number) => string): string => {
    const { early, late } = changeOf(samples, name);
    return `${show(early)} early, ${show(late)} late (${((late / early - 1) * 100).toFixed(1)} %)`;
  };
  const last = samples.at(-1);
  return {
    "events per second": last === undefined ? 0 : Math.round((last.delivered / last.atMs) * 1_000),
    "RSS, MiB": range("rssBytes", mib),
    descriptors: range("descriptors", String),
    "timers and sockets": range("resources", String),
    "largest WAL, MiB": mib(Math.max(...samples.map(({ walBytes }) => walBytes))),
    "state file, MiB": range("fileBytes", mib),
  };
}
