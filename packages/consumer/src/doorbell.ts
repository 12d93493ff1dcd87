import type { Doorbell } from "./model.ts";

/** A doorbell that is rung by the program itself: from its webhook handler, or from whatever it is told by. */
export interface RingableDoorbell extends Doorbell {
  /** Costs next to nothing; any number of rings before the next look are one. */
  ring(): void;
}

/** Makes a doorbell. A ring that nobody waits for is kept, so that what happened during a look is never missed. */
export function createDoorbell(): RingableDoorbell {
  let isRung = false;
  let answer: (() => void) | null = null;
  return {
    ring: () => {
      isRung = true;
      answer?.();
    },
    rung: async (signal) => {
      signal.throwIfAborted();
      if (!isRung) {
        await new Promise<void>((resolve, reject) => {
          const stop = (): void => reject(signal.reason as Error);
          signal.addEventListener("abort", stop, { once: true });
          answer = () => {
            signal.removeEventListener("abort", stop);
            resolve();
          };
        });
      }
      isRung = false;
    },
  };
}
