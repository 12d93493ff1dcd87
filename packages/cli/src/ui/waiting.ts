import { systemRuntime } from "@dirsync/sdk";
import type { Streams } from "../context.ts";
import { durationOf } from "./duration.ts";

/** Nothing is shown of what takes no longer than this. */
const quietMs = 2_000;
const tickMs = 1_000;

/**
 * Says on a terminal, once it takes longer than a moment, what is being waited for and since when: of work that another
 * process does in one piece, nobody knows how far it is.
 */
export async function whileWaiting<T>({ stderr }: Streams, what: string, work: () => Promise<T>): Promise<T> {
  if (stderr.isTTY !== true) return await work();
  const startedMs = systemRuntime.now();
  let isShown = false;
  const tick = setInterval(() => {
    const tookMs = systemRuntime.now() - startedMs;
    if (tookMs < quietMs) return;
    stderr.write(`\r\u001B[2K${what}  ${durationOf(tookMs / 1_000)}`);
    isShown = true;
  }, tickMs);
  try {
    return await work();
  } finally {
    clearInterval(tick);
    if (isShown) stderr.write("\r\u001B[2K");
  }
}
