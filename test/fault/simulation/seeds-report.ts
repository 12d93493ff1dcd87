import type { Violation } from "./judge.ts";

/** What the lives of some seeds came to. */
export interface SeedsReport {
  seeds: number;
  records: number;
  /** Simulated milliseconds, all together. */
  elapsedMs: number;
  /** By seed. */
  readonly hashes: Record<number, string>;
  /** How often each fault happened. */
  readonly faults: Record<string, number>;
  /** How often each kind of record was written. */
  readonly ops: Record<string, number>;
  readonly failures: SeedFailure[];
}

/** A seed that must not have ended as it did. */
export interface SeedFailure {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** The history up to the first violation, as JSON. */
  readonly lines: readonly string[];
}
