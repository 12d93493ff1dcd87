/**
 * Finds the low-water mark: the highest position up to which everything is finished. Positions finish in any order
 * across lanes, so those above the mark are kept until the gap below them closes.
 */
export class Tracker {
  #low: number;
  readonly #above = new Set<number>();

  constructor(low: number, finishedAbove: readonly number[]) {
    this.#low = low;
    for (const seq of finishedAbove) this.finish(seq);
  }

  /** Everything up to and including this position is finished. */
  get low(): number {
    return this.#low;
  }

  /** Marks one position as finished. Marking it again, or one below the mark, changes nothing. */
  finish(seq: number): void {
    if (seq <= this.#low) return;
    if (seq === this.#low + 1) this.#low = seq;
    else this.#above.add(seq);
    this.#close();
  }

  /** Marks every position up to this one as finished. True when that was news. */
  pass(seq: number): boolean {
    if (seq <= this.#low) return false;
    this.#low = seq;
    for (const above of this.#above) if (above <= seq) this.#above.delete(above);
    this.#close();
    return true;
  }

  #close(): void {
    while (this.#above.delete(this.#low + 1)) this.#low += 1;
  }
}
