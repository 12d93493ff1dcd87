import { isDirsyncError, type Runtime } from "@dirsync/sdk";
import type { Fact } from "./fact.ts";

/** Who waits for the storage, and until when. */
export interface StorageHold {
  readonly runtime: Runtime;
  /** Sink or stream, for the log. */
  readonly who: string;
  readonly signal: AbortSignal;
  /** Aborted when whoever waits is asked to end, and has something that must be put on record first. */
  readonly drain?: AbortSignal | undefined;
  readonly onFact?: ((fact: Fact) => void) | undefined;
}

/** Short enough that nobody notices a busy file; a full disk does not mind being asked twice a second. */
const retryMs = 500;

const drainWaits =
  "the end waits for the state file to take writes, for as long as a drain may take: what was delivered and is not on record comes again";

/**
 * Repeats a transaction that a full disk or a busy file refused until it is taken. Nothing else goes on meanwhile, so
 * that no try begins which is not on record. Says so once when it begins to wait and once when it is over.
 * @throws the refusal once the signal is aborted, and any error that does not pass by itself.
 */
export async function untilStored<T>(transaction: () => Promise<T>, hold: StorageHold): Promise<T> {
  const { runtime, who, signal, drain, onFact } = hold;
  let isToldOfDrain = false;
  for (let refusals = 0; ; refusals += 1) {
    try {
      const result = await transaction();
      if (refusals === 0) return result;
      runtime.log.info({ who, refusals }, "the state file takes writes again");
      onFact?.({ kind: "storage", who, isRefused: false });
      return result;
    } catch (error) {
      if (!isDirsyncError(error) || !error.retryable || signal.aborted) throw error;
      if (refusals === 0) {
        runtime.log.error({ who, reason: error.message }, "the state file refuses writes; waiting");
        onFact?.({ kind: "storage", who, isRefused: true });
      }
      if (drain?.aborted === true && !isToldOfDrain) {
        runtime.log.warn({ who }, drainWaits);
        isToldOfDrain = true;
      }
      await sleepOrThrow(error, hold);
    }
  }
}

async function sleepOrThrow(refusal: unknown, { runtime, signal }: StorageHold): Promise<void> {
  try {
    await runtime.sleep(retryMs, signal);
  } catch {
    // Stopping: what could not be written is the fact to report, not that the wait was cut short.
    throw refusal;
  }
}
