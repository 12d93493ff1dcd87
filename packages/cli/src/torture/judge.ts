import { differences } from "./difference.ts";
import type { Difference, Failure, Fault, FaultKind, Observation, Trouble, Verdict } from "./model.ts";

/** What a run is held against. */
export interface Standard {
  /** The app's state after the same events in order, with nothing injected; undefined without a harness. */
  readonly snapshot: unknown;
  /** Trouble that is known already, and not to be found again. */
  readonly isKnown: (trouble: Trouble) => boolean;
}

/** What is wrong with a run, or null. What a handler did weighs more than what came of it, because it says why. */
export function judge(
  { snapshot, troubles }: Observation,
  faults: readonly Fault[],
  standard: Standard,
): Failure | null {
  const trouble = troubles.find((one) => !standard.isKnown(one));
  const found =
    snapshot === undefined || standard.snapshot === undefined ? [] : differences(standard.snapshot, snapshot);
  if (trouble !== undefined) return { verdict: trouble.kind, differences: found, trouble };
  if (found.length === 0) return null;
  return { verdict: verdictOf(found, faults), differences: found, trouble: null };
}

/** Faults that change the order in which events arrive. */
const disorder: readonly FaultKind[] = ["overtake", "together", "redrive"];
/** Faults that deliver an event whose effect is there already. */
const repetition: readonly FaultKind[] = ["again", "crash_after"];

function verdictOf(found: readonly Difference[], faults: readonly Fault[]): Verdict {
  const has = (kinds: readonly FaultKind[]): boolean => faults.some(({ kind }) => kinds.includes(kind));
  if (has(disorder)) return "out_of_order";
  if (found.some(isMore)) return "duplicated";
  if (found.some(isLess)) return "lost";
  return has(repetition) ? "duplicated" : "lost";
}

function isMore({ kind, expected, actual }: Difference): boolean {
  return kind === "extra" || (typeof expected === "number" && typeof actual === "number" && actual > expected);
}

function isLess({ kind, expected, actual }: Difference): boolean {
  return kind === "missing" || (typeof expected === "number" && typeof actual === "number" && actual < expected);
}
