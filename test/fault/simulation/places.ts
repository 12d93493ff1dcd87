import { areOrdered, factsOf, replaces } from "./facts.ts";
import { canonicalJson } from "../../support/event-log.ts";
import { isWantedBy } from "./filters.ts";
import type { SimEvent } from "./log.ts";
import type { SinkPlan } from "./plan.ts";

/** What a person has asked to come once more, and what has not ended in one way or another since. */
export interface Asked {
  readonly kind: "redrive" | "replay";
  /** It may bring an old state back. */
  readonly isForced: boolean;
  /** Grows from one thing that is asked for to the next. */
  readonly number: number;
  /** A try of it has begun. */
  hasBegun: boolean;
}

/** The last time that an event began in its turn. */
export interface Turn {
  /** Grows from one begin of a try to the next. */
  readonly number: number;
  /** Crashes of processes before it. */
  readonly crashes: number;
  readonly batch: number | null;
  /** It ended, and without effect. */
  hasFailed: boolean;
}

/** How an event stands with one sink. */
export interface Place {
  readonly id: string;
  readonly seq: number;
  readonly content: string;
  readonly isWanted: boolean;
  /** Earlier and later events that it may not overtake, nor they it. */
  readonly before: readonly Place[];
  readonly behind: readonly Place[];
  /** Later events that it would undo. */
  readonly replacedBy: readonly Place[];
  /** By what the receiver has seen. */
  standing: "open" | "ok" | "dead" | "discarded";
  /** By what the state file says. */
  isLetter: boolean;
  isParked: boolean;
  wasHeld: boolean;
  asked: Asked | null;
  wasAsked: boolean;
  wasReplayed: boolean;
  turn: Turn | null;
  readonly batches: Set<number>;
  /** Tries that began. */
  begins: number;
  /** Kills during a try, since it was last asked for. */
  crashes: number;
  /** Count of crashes of processes at its latest arrival; null when it has not arrived. */
  arrivedAt: number | null;
  /** It may arrive once more: the receiver lied, or a person asked. */
  isExcused: boolean;
  /** The filter failed over it. */
  isUnsure: boolean;
  isTold: boolean;
}

/** True when it would undo what has begun since: unless it was forced, nobody need bring it once more. */
export function isOvertaken({ replacedBy }: Place): boolean {
  // Of what a sink does not want the state file knows as well that it has come.
  return replacedBy.some(({ begins, isWanted }) => begins > 0 || !isWanted);
}

/** The events of a log as they stand with a sink that has got none of them, in order. */
export function placesOf(log: readonly SimEvent[], { filter, laneBy }: SinkPlan): readonly Place[] {
  const facts = log.map(factsOf);
  const places: Place[] = [];
  const links = log.map(() => ({ before: [] as Place[], behind: [] as Place[], replacedBy: [] as Place[] }));
  for (const [index, event] of log.entries()) {
    const link = links[index] ?? { before: [], behind: [], replacedBy: [] };
    const content = canonicalJson(event);
    places.push({
      id: event.id,
      seq: index + 1,
      content,
      isWanted: isWantedBy(filter, event),
      ...link,
      ...untouched(),
    });
  }
  for (const [later, place] of places.entries()) {
    for (const [earlier, other] of places.slice(0, later).entries()) {
      const [one, two] = [facts[earlier], facts[later]];
      if (one === undefined || two === undefined) continue;
      if (areOrdered(one, two, laneBy)) {
        links[later]?.before.push(other);
        links[earlier]?.behind.push(place);
      }
      if (replaces(two, one)) links[earlier]?.replacedBy.push(place);
    }
  }
  return places;
}

type Untouched = Omit<Place, "id" | "seq" | "content" | "isWanted" | "before" | "behind" | "replacedBy">;

function untouched(): Untouched {
  return {
    standing: "open",
    isLetter: false,
    isParked: false,
    wasHeld: false,
    asked: null,
    wasAsked: false,
    wasReplayed: false,
    turn: null,
    batches: new Set(),
    begins: 0,
    crashes: 0,
    arrivedAt: null,
    isExcused: false,
    isUnsure: false,
    isTold: false,
  };
}
