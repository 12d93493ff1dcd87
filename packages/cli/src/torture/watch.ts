/**
 * Inside the process with the handlers: who is being delivered to, what they did so far, and what is to go wrong when.
 *
 * An effect belongs to the try in whose asynchronous context it happens. One that happens after its try is over, while no
 * other is under way, has not been waited for: when the process dies there, it is lost, and nobody delivers it again.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { promiseHooks } from "node:v8";
import type { Injection, Report, Try } from "./protocol.ts";

/** A try under way. */
export interface Running {
  readonly id: number;
  readonly injection: Injection | null;
  readonly abort: AbortController;
  readonly effects: string[];
  awaits: number;
  isOver: boolean;
}

/** An effect that is about to happen. */
export interface Effect {
  /** Whose it is; null when nobody's. */
  readonly running: Running | null;
  /** True when it has to fail instead. */
  readonly isRefused: boolean;
}

/** Longest name of an effect that is kept. */
const nameCharactersMax = 80;

/** Watches tries. There is one in a process. */
export class Watch {
  readonly #report: (report: Report) => void;
  readonly #context = new AsyncLocalStorage<Running>();
  readonly #running = new Set<Running>();
  #latest: Running | null = null;

  constructor(report: (report: Report) => void) {
    this.#report = report;
    promiseHooks.onBefore(() => this.#resume());
  }

  /** Begins a try in a context of its own. */
  run(
    { id, injection }: Try,
    deliver: (signal: AbortSignal) => Promise<void>,
  ): { running: Running; ended: Promise<void> } {
    const running: Running = { id, injection, abort: new AbortController(), effects: [], awaits: 0, isOver: false };
    this.#running.add(running);
    this.#latest = running;
    const ended = this.#context.run(running, () => deliver(running.abort.signal));
    this.#reached(running, "await", 0);
    return { running, ended: ended.finally(() => this.#end(running)) };
  }

  /** Aborts a try's signal, if it is still under way. */
  abort(id: number): void {
    for (const running of this.#running) if (running.id === id) running.abort.abort(cutOff());
  }

  /** Called before an effect; what it gives is handed to `happened`. */
  begins(name: string): Effect {
    const running = this.#context.getStore() ?? null;
    if (running === null) return { running, isRefused: false };
    if (running.isOver) {
      if (this.#running.size === 0) this.#stray("late", name, running);
      return { running: null, isRefused: false };
    }
    running.effects.push(name.replaceAll(/\s+/g, " ").trim().slice(0, nameCharactersMax));
    const { injection } = running;
    return { running, isRefused: injection?.kind === "refuse" && injection.effect === running.effects.length };
  }

  /** Called when an effect is there: this is where a process dies of it. */
  happened({ running }: Effect): void {
    if (running !== null && !running.isOver) this.#reached(running, "effect", running.effects.length);
  }

  /** An error that nobody waits for. */
  unhandled(message: string): void {
    if (this.#latest !== null) this.#stray("unhandled", message, this.#latest);
  }

  /** Ends this process at once, as it was told to. */
  die(id: number): void {
    this.#report({ report: "killing", id });
    process.kill(process.pid, "SIGKILL");
    // The kernel may let this thread go on for a moment, and nothing more may happen.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }

  #end(running: Running): void {
    running.isOver = true;
    this.#running.delete(running);
  }

  #stray(kind: "late" | "unhandled", message: string, { id }: Running): void {
    this.#report({ report: "stray", kind, id, message });
  }

  /** A promise goes on. With several tries under way nobody knows whose it is, and nothing is injected then. */
  #resume(): void {
    const [running, ...others] = this.#running;
    if (running === undefined || others.length > 0) return;
    running.awaits += 1;
    this.#reached(running, "await", running.awaits);
  }

  #reached({ id, injection, abort }: Running, on: "effect" | "await", number: number): void {
    if (injection === null || injection.kind === "refuse" || injection.kind === "kill_resolved") return;
    if (injection.point.on !== on || injection.point.number !== number) return;
    if (injection.kind === "kill") this.die(id);
    this.#report({ report: "cut", id });
    // Not from within a promise's own machinery, where whoever listens could do anything.
    queueMicrotask(() => abort.abort(cutOff()));
  }
}

function cutOff(): Error {
  return new Error("The try was cut off, as happens when its time is up or the process is stopping.");
}
