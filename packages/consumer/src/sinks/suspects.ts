/** Most that are remembered; whoever is forgotten goes with the others again. */
const suspectsMax = 10_000;

/** Events that were with a program when it ended. One of them at a time goes to its next run. */
export class Suspects {
  readonly #ids = new Set<string>();
  #onTrial: string | null = null;

  /** True when another suspect has to be answered first. */
  isHeldBack(id: string): boolean {
    return this.#onTrial !== null && this.#ids.has(id);
  }

  /** Notes that the program has it. */
  began(id: string): void {
    if (this.#ids.has(id)) this.#onTrial = id;
  }

  /** The program has answered for it. */
  acquit(id: string): void {
    this.#ids.delete(id);
    if (this.#onTrial === id) this.#onTrial = null;
  }

  /** The program has ended, and these were with it. */
  accuse(ids: Iterable<string>): void {
    this.#onTrial = null;
    for (const id of ids) this.#ids.add(id);
    for (const id of this.#ids) {
      if (this.#ids.size <= suspectsMax) break;
      this.#ids.delete(id);
    }
  }
}
