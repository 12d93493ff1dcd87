import type { Locks } from "../model.ts";

/** Keys behind which nothing is delivered until a person has decided, with the position from which on that holds. */
export class Blocked {
  readonly #exclusive = new Map<string, number>();
  readonly #shared = new Map<string, number>();

  /** Blocks what conflicts with the entry at `seq` and comes after it. */
  add(seq: number, { exclusive, shared }: Locks): void {
    for (const key of exclusive) lower(this.#exclusive, key, seq);
    for (const key of shared) lower(this.#shared, key, seq);
  }

  /** True when the entry at `seq` comes after one that it conflicts with. */
  blocks(seq: number, { exclusive, shared }: Locks): boolean {
    const isAfter = (positions: ReadonlyMap<string, number>, key: string): boolean => (positions.get(key) ?? seq) < seq;
    return (
      exclusive.some((key) => isAfter(this.#exclusive, key) || isAfter(this.#shared, key)) ||
      shared.some((key) => isAfter(this.#exclusive, key))
    );
  }
}

function lower(positions: Map<string, number>, key: string, seq: number): void {
  positions.set(key, Math.min(positions.get(key) ?? seq, seq));
}
