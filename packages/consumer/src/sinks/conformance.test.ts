/** The suite has to notice what it is there for: each broken sink breaks at least the promise it is named after. */
import { type DirectoryEvent, isDirsyncError, SinkError, type SinkVerdict } from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import type { Attempt, BatchEntry, Sink } from "../model.ts";
import { type Behaviour, sinkConformance, sinkPromises, type SinkRig } from "./conformance.ts";

/** What can be wrong with a sink in memory. */
interface Defects {
  readonly resolvesEarly?: boolean;
  readonly forgetsVerdict?: boolean;
  readonly forgetsWhy?: boolean;
  readonly losesEverySecond?: boolean;
  readonly takesTwice?: boolean;
  readonly cutsLongText?: boolean;
  readonly repairsText?: boolean;
  readonly leaves?: boolean;
  readonly countsWrong?: boolean;
  readonly shuffles?: boolean;
  readonly tellsPayload?: boolean;
  readonly beginsLate?: boolean;
}

class MemoryReceiver {
  readonly taken: DirectoryEvent[] = [];
  readonly #defects: Defects;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<() => void>();
  behaviour: Behaviour = "take";
  held = 0;
  open = 0;

  constructor(defects: Defects) {
    this.#defects = defects;
  }

  behave(behaviour: Behaviour): void {
    this.behaviour = behaviour;
    for (const go of this.#waiting) go();
    this.#waiting.clear();
  }

  async deliver(event: DirectoryEvent, { signal }: Pick<Attempt, "signal">): Promise<void> {
    if (this.#defects.beginsLate !== true) signal.throwIfAborted();
    this.open += 1;
    try {
      const work = this.#work(event, signal);
      if (this.#defects.resolvesEarly !== true) await work;
      else work.catch(() => undefined);
    } finally {
      if (this.#defects.leaves !== true) this.open -= 1;
    }
  }

  async deliverBatch(entries: readonly BatchEntry[], signal: AbortSignal): Promise<void> {
    for (const { event } of entries) {
      await this.deliver(event, { signal }).catch((error: unknown) => {
        if (this.#defects.countsWrong !== true || !isDirsyncError(error)) throw error;
        throw Object.assign(new SinkError("no", { verdict: "retry", cause: error }), { deliveredCount: 3 });
      });
    }
  }

  close(): Promise<void> {
    this.#closing.abort(new SinkError("closed", { verdict: "retry" }));
    return Promise.resolve();
  }

  async #work(event: DirectoryEvent, signal: AbortSignal): Promise<void> {
    if (this.behaviour === "hold") await this.#hold(signal);
    if (this.behaviour !== "take" && this.behaviour !== "hold") throw this.#refusal(event, this.behaviour);
    this.#take(event);
  }

  #hold(signal: AbortSignal): Promise<void> {
    this.held += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      for (const end of [signal, this.#closing.signal]) {
        const why = (): Error => (this.#defects.forgetsWhy === true ? new Error("ended") : (end.reason as Error));
        end.addEventListener("abort", () => reject(why()), { once: true });
      }
    });
  }

  #refusal(event: DirectoryEvent, verdict: SinkVerdict): Error {
    if (this.#defects.forgetsVerdict === true) return new Error("no");
    return new SinkError(this.#defects.tellsPayload === true ? JSON.stringify(event) : "no", { verdict });
  }

  #take(event: DirectoryEvent): void {
    const defects = this.#defects;
    const text = JSON.stringify(event);
    if (defects.losesEverySecond === true && Number(event.id.slice(-1)) % 2 === 0) return;
    if (defects.cutsLongText === true && text.length > 1_000_000) return;
    const kept = defects.repairsText === true ? text.replace("\\ud800", "\\ufffd") : text;
    const copy = JSON.parse(kept) as DirectoryEvent;
    if (defects.shuffles === true) this.taken.unshift(copy);
    else this.taken.push(copy);
    if (defects.takesTwice === true) this.taken.push(copy);
  }
}

function memoryRig(defects: Defects = {}): SinkRig {
  const receiver = new MemoryReceiver(defects);
  const sink: Sink = {
    name: "memory",
    deliver: (event, attempt) => receiver.deliver(event, attempt),
    deliverBatch: (entries, signal) => receiver.deliverBatch(entries, signal),
    close: () => receiver.close(),
  };
  return {
    sink,
    behave: (behaviour) => receiver.behave(behaviour),
    taken: () => receiver.taken,
    held: () => receiver.held,
    remains: () => Promise.resolve(receiver.open),
  };
}

describe("a sink without a defect", () => {
  sinkConformance(() => memoryRig(), { batches: true });
});

test.each<[defects: Defects, promise: string]>([
  [{ resolvesEarly: true }, "and not before"],
  [{ forgetsVerdict: true }, "rejects with what the receiver decides: dead"],
  [{ tellsPayload: true }, "rejects with what the receiver decides: retry"],
  [{ losesEverySecond: true }, "takes many at once, and each once"],
  [{ takesTwice: true }, "takes many at once, and each once"],
  [{ shuffles: true }, "keeps the order of what is delivered one after the other"],
  [{ cutsLongText: true }, "takes an event of five megabytes"],
  [{ repairsText: true }, "changes nothing of odd text"],
  [{ forgetsWhy: true }, "ends a try whose time is up, and says why"],
  [{ beginsLate: true }, "does not begin a try that is over"],
  [{ leaves: true }, "leaves nothing behind when it is closed"],
  [{ countsWrong: true }, "counts nothing of a batch whose first event is refused"],
])("%j is found by: %s", async (defects, name) => {
  const found = sinkPromises(true).find((promise) => promise.name === name);
  await expect(found?.assertKept(memoryRig(defects)) ?? Promise.resolve()).rejects.toBeInstanceOf(Error);
});
