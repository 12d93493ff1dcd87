import { setTimeout as pause } from "node:timers/promises";

/** What is waited for, and for how long. */
export interface UntilOptions {
  /** Said when it does not come. */
  readonly what: string;
  /** Default 60,000: far beyond what anything here needs, so that a hanging test says what it hung on. */
  readonly patienceMs?: number;
  /** Ends the wait early when something has gone wrong: throws to say what. */
  readonly check?: () => void;
}

const lookMs = 4;
/** For each millisecond that a look takes, so many pass until the next one: what is waited for needs the processor, too. */
const pausesPerLook = 3;
const pauseMsMax = 100;

/** Resolves as soon as `condition` gives something other than false and undefined, with that. */
export async function until<T>(
  condition: () => T | false | undefined | Promise<T | false | undefined>,
  { what, patienceMs = 60_000, check }: UntilOptions,
): Promise<T> {
  const deadlineMs = performance.now() + patienceMs;
  for (;;) {
    const startedMs = performance.now();
    const value = await condition();
    if (value !== false && value !== undefined) return value;
    check?.();
    if (performance.now() > deadlineMs) throw new Error(`Waited ${patienceMs} ms in vain for ${what}.`);
    const lookedMs = performance.now() - startedMs;
    await pause(Math.min(Math.max(lookMs, Math.round(lookedMs * pausesPerLook)), pauseMsMax));
  }
}
