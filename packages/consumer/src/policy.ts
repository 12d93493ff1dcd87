import { laneByDirectory } from "./entity.ts";
import type { Policy } from "./model.ts";

/** Waits double from one second and stop growing at one minute. */
export const doublingToOneMinute = (attempt: number): number => Math.min(1_000 * 2 ** (attempt - 1), 60_000);

/**
 * For handlers that write to the app's own database: twelve tries over about six minutes, one directory at a time in
 * strict order, and a poison event never keeps a later leaver waiting for ever.
 */
export const defaultPolicy: Policy = {
  attemptsMax: 12,
  delayMs: doublingToOneMinute,
  timeoutMs: 30_000,
  onDeadLetter: "continue",
  // More than two processes at once gain nothing on a small machine, and in-process handlers share one thread anyway;
  // this bounds what may be delivered twice after a crash.
  concurrency: 16,
  lane: laneByDirectory,
};

/** Between half and the whole of the delay, so that lanes that failed together do not come back together. */
export function withJitter(delayMs: number, random: number): number {
  return Math.round(delayMs * (0.5 + random / 2));
}
