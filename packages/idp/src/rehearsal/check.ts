import type { Exchange } from "./witness.ts";

/** One thing that was looked at. */
export interface Check {
  /** What it is about, for example `account-is-off`. The same for every provider and seed. */
  readonly name: string;
  /** What had happened at the company before, in plain words. */
  readonly step: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** What the provider sent for it, and how each was answered. Holds no token. */
  readonly sent: readonly Exchange[];
  /** What should be so. */
  readonly expected: string;
  /** What was found. Equal to `expected` when it passed. */
  readonly got: string;
}

/** What is known of something, by name. */
export type Facts = Readonly<Record<string, unknown>>;

/** A check before it is known what was sent for it. */
export type Finding = Pick<Check, "name" | "expected" | "got">;

/** Compares facts. Where they differ, only what differs is told; where they do not, all of it. */
export function compareFacts(name: string, expected: Facts, got: Facts): Finding {
  const differing = Object.keys(expected).filter((key) => !isSame(expected[key], got[key]));
  const told = differing.length === 0 ? Object.keys(expected) : differing;
  const tell = (facts: Facts): string => told.map((key) => `${key} ${JSON.stringify(facts[key] ?? null)}`).join(", ");
  const expectation = tell(expected);
  return { name, expected: expectation, got: differing.length === 0 ? expectation : tell(got) };
}

/** A sentence that should hold, and what holds instead where it does not. */
export function holds(name: string, expected: string, otherwise: string | null): Finding {
  return { name, expected, got: otherwise ?? expected };
}

// Names of people and accounts are compared as servers must compare them (RFC 7643 §4.1.1: userName is case-insensitive).
function isSame(expected: unknown, got: unknown): boolean {
  if (typeof expected === "string" && typeof got === "string") return expected.toLowerCase() === got.toLowerCase();
  return JSON.stringify(expected) === JSON.stringify(got);
}
