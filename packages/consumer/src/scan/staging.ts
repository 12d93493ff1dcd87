import type { Release, Released } from "./store.ts";

/** What was read upstream and waits until the log has been read past it. */
export interface Staged {
  /** The list of directories, or the directory whose lists are read. */
  readonly lane: string | null;
  /** The log must have been read to an end that was asked for at this time or later. */
  readonly dueMs: number;
  /** Rows that are held in memory for it. */
  readonly rows: number;
  readonly release: Release;
  /** Told once it has been taken in. */
  readonly onReleased?: (released: Released) => void;
}

/** Rows that may wait: what a service that allows four pages a second lists in two minutes, and some tens of megabytes. */
const rowsMax = 20_000;

/** A queue of what was read, in the order in which it was. */
export class Staging {
  readonly #queue: Staged[] = [];
  /** How many wait of each lane, of those of which any do. */
  readonly #ofLane = new Map<string | null, number>();
  #rows = 0;
  #isClosed = false;
  #wake: (() => void)[] = [];
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#ring(), { once: true });
  }

  add(staged: Staged): void {
    this.#queue.push(staged);
    this.#rows += staged.rows;
    this.#ofLane.set(staged.lane, this.#waitingOf(staged.lane) + 1);
    this.#ring();
  }

  /** Nothing more comes. */
  close(): void {
    this.#isClosed = true;
    this.#ring();
  }

  /** The first one; null when nothing more comes. */
  async first(): Promise<Staged | null> {
    await this.#until(() => this.#queue.length > 0 || this.#isClosed);
    return this.#queue[0] ?? null;
  }

  /** The first one, and those behind it that are due as well, up to so many rows. */
  due(endAskedAtMs: number, rowsAtOnce: number): readonly Staged[] {
    const due = this.#queue.slice(0, 1);
    let rows = due[0]?.rows ?? 0;
    for (const staged of this.#queue.slice(1)) {
      rows += staged.rows;
      if (staged.dueMs > endAskedAtMs || rows > rowsAtOnce) break;
      due.push(staged);
    }
    return due;
  }

  /** Takes the first ones out, after they were taken in. */
  shift(count = 1): void {
    for (const { rows, lane } of this.#queue.splice(0, count)) {
      this.#rows -= rows;
      const left = this.#waitingOf(lane) - 1;
      if (left > 0) this.#ofLane.set(lane, left);
      else this.#ofLane.delete(lane);
    }
    this.#ring();
  }

  /** Resolves when another page may be read. */
  room(): Promise<void> {
    return this.#until(() => this.#rows < rowsMax);
  }

  /** Waits for the next release of the lane, which adds nothing meanwhile. Resolves to false at once when nothing of it waits. */
  async moved(lane: string | null): Promise<boolean> {
    const waiting = this.#waitingOf(lane);
    if (waiting === 0) return false;
    await this.#until(() => this.#waitingOf(lane) < waiting);
    return true;
  }

  #waitingOf(lane: string | null): number {
    return this.#ofLane.get(lane) ?? 0;
  }

  async #until(isSo: () => boolean): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (isSo()) return;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #ring(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}
