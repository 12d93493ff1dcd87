/** Positions that are chosen out of a journal: a bit for each there is, so that a million of them need no more than 125 kB. */
export class Chosen {
  readonly #firstSeq: number;
  readonly #bits: Uint8Array;
  count = 0;

  constructor(firstSeq: number, lastSeq: number) {
    this.#firstSeq = firstSeq;
    this.#bits = new Uint8Array(Math.ceil(Math.max(0, lastSeq - firstSeq + 1) / 8));
  }

  add(seq: number): void {
    const place = seq - this.#firstSeq;
    this.#bits[place >> 3] = (this.#bits[place >> 3] ?? 0) | (1 << (place & 7));
    this.count += 1;
  }

  has(seq: number): boolean {
    const place = seq - this.#firstSeq;
    return ((this.#bits[place >> 3] ?? 0) & (1 << (place & 7))) !== 0;
  }

  /** All of them, oldest first. */
  *seqs(): Generator<number> {
    for (const [index, byte] of this.#bits.entries()) {
      for (let bit = 0; byte >> bit !== 0; bit += 1) {
        if ((byte & (1 << bit)) !== 0) yield this.#firstSeq + index * 8 + bit;
      }
    }
  }
}
