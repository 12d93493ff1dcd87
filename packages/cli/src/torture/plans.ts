import type { LaneBy } from "@dirsync/consumer";
import type { Fault, LogEntry, Trace } from "./model.ts";
import { isFree, isSuperseded } from "./order.ts";
import { between, type Random, sample } from "./random.ts";

/** What plans are drawn from. */
export interface Material {
  readonly entries: readonly LogEntry[];
  /** What each handler did when nothing was injected. */
  readonly traces: ReadonlyMap<number, Trace>;
  readonly lane: LaneBy;
  readonly random: Random;
}

/** Faults of one run, with what it is about. */
export interface Sketch {
  readonly title: string;
  readonly faults: readonly Fault[];
}

/** Every crash costs a process, so a run has only so many. */
const crashesMax = 7;
const mixes = 4;

/** The runs of a chapter, those that find most first. Always as many, so that a number always names the same one. */
export function drawPlans(material: Material): readonly Sketch[] {
  const inside = crashesInside(material);
  const parts: readonly Sketch[] = [
    { title: "every event comes twice", faults: material.entries.map(({ seq }) => ({ kind: "again", at: seq })) },
    { title: "killed between the handler and the record", faults: crashesAfter(material, 1, crashesMax) },
    { title: "killed when several events were not on record", faults: crashesAfter(material, 4, 3) },
    { title: "killed behind the record", faults: restarts(material) },
    { title: "every effect fails once", faults: refusals(material) },
    { title: "killed behind an effect", faults: inside.slice(0, crashesMax) },
    { title: "killed behind another effect", faults: inside.slice(crashesMax, 2 * crashesMax) },
    { title: "killed at an await", faults: crashesAtAwaits(material) },
    { title: "every try is cut off once", faults: cuts(material) },
    { title: "one directory far ahead", faults: rush(material, "first") },
    { title: "the other directory far ahead", faults: rush(material, "last") },
    { title: "lanes in another order", faults: overtakings(material) },
    { title: "lanes at the same time", faults: joints(material) },
    { title: "what others rest on is redriven in the end", faults: redrives(material, /\.created$/) },
    { title: "memberships are redriven in the end", faults: redrives(material, /\.user_(?:added|removed)$/) },
    { title: "a few dead letters, redriven in the end", faults: sample(material.random, redrives(material, /./), 4) },
  ];
  return [...parts, ...Array.from({ length: mixes }, () => mix(parts, material))];
}

function crashesAfter({ entries, random }: Material, span: number, count: number): readonly Fault[] {
  return sample(random, entries, count).map(({ seq }) => ({ kind: "crash_after", at: seq, span }));
}

function restarts({ entries, random }: Material): readonly Fault[] {
  return sample(random, entries, crashesMax).map(({ seq }) => ({ kind: "restart", at: seq }));
}

function refusals({ entries, traces }: Material): readonly Fault[] {
  return entries.flatMap(({ seq }) =>
    (traces.get(seq)?.effects ?? []).map((_name, index): Fault => ({ kind: "refuse", at: seq, effect: index + 1 })),
  );
}

/** Behind each effect of one event of each kind, in an order that puts different kinds first. */
function crashesInside({ entries, traces, random }: Material): readonly Fault[] {
  const byName = group(entries);
  const faults = [...byName.values()].flatMap((ofName) => {
    const [chosen] = sample(random, ofName, 1);
    const effects = chosen === undefined ? [] : (traces.get(chosen.seq)?.effects ?? []);
    return effects.map((_name, index) => ({ at: chosen?.seq ?? 0, number: index + 1 }));
  });
  return faults
    .sort((one, other) => one.number - other.number)
    .map(({ at, number }) => ({ kind: "crash_inside", at, point: { on: "effect", number } }));
}

function group(entries: readonly LogEntry[]): ReadonlyMap<string, readonly LogEntry[]> {
  const groups = new Map<string, LogEntry[]>();
  for (const entry of entries) groups.set(entry.event.event, [...(groups.get(entry.event.event) ?? []), entry]);
  return groups;
}

function crashesAtAwaits(material: Material): readonly Fault[] {
  return sample(material.random, atAwaits(material), crashesMax).map((one) => ({ kind: "crash_inside", ...one }));
}

/** While it waits for the first time, and once more at another await. */
function cuts(material: Material): readonly Fault[] {
  return atAwaits(material).flatMap(({ at, point }): readonly Fault[] => [
    { kind: "cut_off", at, point: { on: "await", number: 0 } },
    { kind: "cut_off", at, point },
  ]);
}

/** One moment of each try that waits for anything. */
function atAwaits({
  entries,
  traces,
  random,
}: Material): readonly { at: number; point: { on: "await"; number: number } }[] {
  return entries.flatMap(({ seq }) => {
    const awaits = traces.get(seq)?.awaits ?? 0;
    return awaits === 0 ? [] : [{ at: seq, point: { on: "await" as const, number: between(random, 1, awaits) } }];
  });
}

/** Everything of one directory before what it may pass of the others. */
function rush({ entries, lane }: Material, which: "first" | "last"): readonly Fault[] {
  const directories = [...new Set(entries.map(directoryOf))];
  const chosen = which === "first" ? directories[0] : directories.at(-1);
  const others = entries.filter((entry) => directoryOf(entry) !== chosen);
  return entries.flatMap((entry): readonly Fault[] => {
    const [target] = others.filter(({ seq }) => seq < entry.seq);
    const isAhead = directoryOf(entry) === chosen && target !== undefined && isFree(target.event, entry.event, lane);
    return isAhead ? [{ kind: "overtake", at: entry.seq, beside: target.seq }] : [];
  });
}

function directoryOf({ event }: LogEntry): string {
  const { directory_id: directory, id } = event.data;
  return String(directory ?? id);
}

function overtakings({ entries, lane, random }: Material): readonly Fault[] {
  return sample(random, entries, 12).flatMap((entry): readonly Fault[] => {
    const earlier = entries.filter(({ seq }) => seq < entry.seq).reverse();
    const blocked = earlier.findIndex(({ event }) => !isFree(event, entry.event, lane));
    const passable = blocked < 0 ? earlier : earlier.slice(0, blocked);
    const target = passable[between(random, 0, passable.length - 1)];
    return target === undefined ? [] : [{ kind: "overtake", at: entry.seq, beside: target.seq }];
  });
}

function joints({ entries, lane }: Material): readonly Fault[] {
  return entries.flatMap((entry, index): readonly Fault[] => {
    const before = entries[index - 1];
    if (before === undefined || !isFree(before.event, entry.event, lane)) return [];
    return [{ kind: "together", at: entry.seq, beside: before.seq }];
  });
}

/** Only what no later event has overtaken is redriven. */
function redrives({ entries }: Material, names: RegExp): readonly Fault[] {
  return entries
    .filter(({ event }) => names.test(event.event))
    .filter(({ seq, event }) => !entries.some((later) => later.seq > seq && isSuperseded(event, later.event)))
    .map(({ seq }) => ({ kind: "redrive", at: seq }));
}

function mix(parts: readonly Sketch[], { random }: Material): Sketch {
  const faults = sample(random, parts, 4).flatMap((part) => sample(random, part.faults, 3));
  return { title: "several at once", faults };
}
