import type { Attempt, Cut } from "../model.ts";

/** Cuts off what belongs together, and tells: those that listen, and those that have looked at its signal. */
export class CutOff implements Cut {
  #reason: unknown = undefined;
  #controller: AbortController | null = null;
  #listeners: (() => void)[] | null = null;

  get reason(): unknown {
    return this.#reason;
  }

  get isCut(): boolean {
    return this.#reason !== undefined;
  }

  get isSeen(): boolean {
    return this.#controller !== null;
  }

  /** Made when it is first looked at. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.isCut) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Nothing happens the second time. */
  cut(reason: Error): void {
    if (this.isCut) return;
    this.#reason = reason;
    const listeners = this.#listeners ?? [];
    this.#listeners = null;
    for (const listener of listeners) tell(listener);
    this.#controller?.abort(reason);
  }

  listen(listener: () => void): void {
    if (this.isCut) return;
    if (this.#listeners === null) this.#listeners = [listener];
    else this.#listeners.push(listener);
  }

  unlisten(listener: () => void): void {
    const index = this.#listeners?.lastIndexOf(listener) ?? -1;
    if (index !== -1) this.#listeners?.splice(index, 1);
  }
}

/** What a listener throws reaches nobody else who is to be told, as with signals, and ends the process as it does there. */
function tell(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

/**
 * Gives what has a cut its signal, which is made when it is looked at. All of them share one function: with one for each,
 * V8 would make a hidden class for each. A copy gets the signal itself.
 */
export function withSignal<T extends { readonly cut: CutOff }>(attempt: T): T & { readonly signal: AbortSignal } {
  return Object.defineProperty(attempt, "signal", lazySignal) as T & { readonly signal: AbortSignal };
}

const lazySignal: PropertyDescriptor & ThisType<{ readonly cut: CutOff }> = {
  configurable: true,
  enumerable: true,
  get() {
    return this.cut.signal;
  },
};

/** How a try tells that it is cut off, at the least cost. */
export function cutOf(attempt: Attempt): Cut {
  const { cut } = attempt;
  return cut === undefined || cut.isSeen ? new SignalCut(attempt.signal) : cut;
}

class SignalCut implements Cut {
  readonly isSeen = true;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get reason(): unknown {
    return this.#signal.reason as unknown;
  }

  listen(listener: () => void): void {
    this.#signal.addEventListener("abort", listener, { once: true });
  }

  unlisten(listener: () => void): void {
    this.#signal.removeEventListener("abort", listener);
  }
}
