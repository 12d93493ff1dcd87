import { setImmediate as turn } from "node:timers/promises";
import { systemRuntime } from "@dirsync/sdk";

/** Work that Node has under way and that ends by itself. A connection that is kept open is none. */
const passing = /^(?:Timeout|Immediate|FSReq|GetAddrInfoReq|TCPConnect|PipeConnect|ShutdownWrap|WriteWrap|ProcessWrap)/;

const lookMs = 5;
/** In vain waited so often for the same, it is a timer that never ends. */
const patienceMax = 3;

/** Waits for what goes on after a handler's promise. */
export class Settling {
  #usual = 0;
  #vain = 0;

  /** Resolves when nothing is under way that was not before, or after `settleMs`. */
  async wait(settleMs: number): Promise<void> {
    // What was only put off to the next turns of the loop.
    for (let turns = 0; turns < 3; turns += 1) await turn();
    const deadlineMs = systemRuntime.now() + settleMs;
    while (count() > this.#usual) {
      if (systemRuntime.now() > deadlineMs) {
        this.#vain += 1;
        if (this.#vain >= patienceMax) this.#usual = count();
        return;
      }
      await systemRuntime.sleep(lookMs);
    }
  }
}

function count(): number {
  return process.getActiveResourcesInfo().filter((name) => passing.test(name)).length;
}
