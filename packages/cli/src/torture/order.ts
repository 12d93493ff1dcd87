/** What the tail promises about the order of events, for the lanes it was given. */
import { entityOf, laneBy, type LaneBy } from "@dirsync/consumer";
import type { DirectoryEvent } from "@dirsync/sdk";
import type { Fault, LogEntry, Plan } from "./model.ts";

/** Entries that are under way at the same time, mostly one, with what is done to them. */
export interface Turn {
  readonly entries: readonly LogEntry[];
  readonly faults: readonly Fault[];
}

/** A plan as it is carried out. */
export interface Course {
  readonly turns: readonly Turn[];
  /** Given up at first, and delivered in the end. */
  readonly redriven: readonly LogEntry[];
  /** The faults that the tail's promises allow. The others play no part. */
  readonly faults: readonly Fault[];
}

/** True when the tail may deliver the two in either order. */
export function isFree(one: DirectoryEvent, other: DirectoryEvent, lane: LaneBy): boolean {
  const [a, b] = [laneBy[lane](one), laneBy[lane](other)];
  const all = (locks: typeof a): readonly string[] => [...locks.exclusive, ...locks.shared];
  return !a.exclusive.some((key) => all(b).includes(key)) && !b.exclusive.some((key) => all(a).includes(key));
}

/** True when delivering `event` now would bring back what `later` has changed: such a dead letter is not redriven. */
export function isSuperseded(event: DirectoryEvent, later: DirectoryEvent): boolean {
  const ancestors = [`directory:${String(event.data["directory_id"])}`];
  for (const kind of ["user", "group"]) {
    const end = event.data[kind];
    if (typeof end === "object" && end !== null && "id" in end) ancestors.push(`${kind}:${String(end.id)}`);
  }
  const key = entityOf(later);
  return key === entityOf(event) || (later.event.endsWith(".deleted") && ancestors.includes(key));
}

/** Lays a plan out. Faults about entries that it does not have, or that break a promise of the tail, are left out. */
export function layOut({ entries, faults }: Plan, lane: LaneBy): Course {
  const redriven = entries.filter((entry) => isRedriven(entry, { entries, faults }));
  const order = entries.filter((entry) => !redriven.includes(entry));
  const kept: Fault[] = faults.filter(({ kind, at }) => kind === "redrive" && redriven.some(({ seq }) => seq === at));
  for (const fault of faults) if (fault.kind === "overtake") kept.push(...move(order, fault, lane));
  const turns: Turn[] = [];
  for (const entry of order) {
    const own = faults.filter(({ kind, at }) => at === entry.seq && kind !== "redrive" && kind !== "overtake");
    const joint = own.find((fault) => fault.kind === "together");
    const before = turns.at(-1);
    const isJoined = joint !== undefined && before !== undefined && mayJoin({ before, joint, entry }, lane);
    if (isJoined) turns.splice(-1, 1, { entries: [...before.entries, entry], faults: [joint] });
    else turns.push({ entries: [entry], faults: own.filter(({ kind }) => kind !== "together") });
  }
  kept.push(...turns.flatMap((turn) => turn.faults));
  return { turns, redriven, faults: kept };
}

function isRedriven(entry: LogEntry, { entries, faults }: Plan): boolean {
  if (!faults.some(({ kind, at }) => kind === "redrive" && at === entry.seq)) return false;
  return !entries.some(({ seq, event }) => seq > entry.seq && isSuperseded(entry.event, event));
}

/** Moves an entry ahead in `order`, as far as the tail's promises allow, and gives what was done of the fault. */
function move(order: LogEntry[], fault: Fault & { kind: "overtake" }, lane: LaneBy): readonly Fault[] {
  const from = order.findIndex(({ seq }) => seq === fault.at);
  const moved = order[from];
  if (moved === undefined) return [];
  let to = from;
  for (let before = order[to - 1]; before !== undefined; before = order[to - 1]) {
    if (before.seq < fault.beside || !isFree(before.event, moved.event, lane)) break;
    to -= 1;
  }
  const passed = order[to];
  if (to === from || passed === undefined) return [];
  order.splice(from, 1);
  order.splice(to, 0, moved);
  return [{ ...fault, beside: passed.seq }];
}

interface Joining {
  readonly before: Turn;
  readonly joint: Fault & { kind: "together" };
  readonly entry: LogEntry;
}

function mayJoin({ before, joint, entry }: Joining, lane: LaneBy): boolean {
  const [first, ...others] = before.entries;
  if (first === undefined || others.length > 0 || before.faults.length > 0) return false;
  return first.seq === joint.beside && isFree(first.event, entry.event, lane);
}
