import type { Journal } from "../journal/model.ts";

/** About a page of the service: what a stretch is made of after a start is then no larger than what it is made of later. */
const pieceMax = 100;

/** A stretch is done with only as a whole: it ends with so many events or so many bytes, whichever comes first. */
const stretchEventsMax = 1_000;
const stretchBytesMax = 256 * 1024;

/** Events up to and with `upToSeq` and above the stretch before. */
interface Stretch {
  readonly upToSeq: number;
  readonly events: number;
  readonly bytes: number;
}

/**
 * What the end of the journal weighs. It remembers that by stretches, so that a look costs what is new since the last
 * one and not what waits; only the first look after a start measures all of it.
 */
export class JournalWeight {
  readonly #journal: Pick<Journal, "bytesOf">;
  /** One after the other, the oldest first. */
  #stretches: Stretch[] = [];
  /** Above this, everything is measured, up to the other. */
  #fromSeq = 0;
  #upToSeq = 0;
  #bytes = 0;

  constructor(journal: Pick<Journal, "bytesOf">) {
    this.#journal = journal;
  }

  /** Bytes of the events above `lowSeq` and up to `headSeq`; of those below it, fewer than a stretch are counted too. */
  async between(lowSeq: number, headSeq: number): Promise<number> {
    // A mark that is lower than before is another sink's: a new one, or one that was halted.
    if (lowSeq < this.#fromSeq || lowSeq >= this.#upToSeq) this.#beginAt(lowSeq);
    this.#drop(lowSeq);
    while (this.#upToSeq < headSeq) {
      const upToSeq = Math.min(this.#upToSeq + pieceMax, headSeq);
      this.#add(upToSeq, await this.#journal.bytesOf(this.#upToSeq, upToSeq));
    }
    return this.#bytes;
  }

  #beginAt(seq: number): void {
    this.#stretches = [];
    this.#fromSeq = this.#upToSeq = seq;
    this.#bytes = 0;
  }

  #drop(lowSeq: number): void {
    const kept = this.#stretches.findIndex(({ upToSeq }) => upToSeq > lowSeq);
    for (const { upToSeq, bytes } of this.#stretches.splice(0, Math.max(kept, 0))) {
      this.#fromSeq = upToSeq;
      this.#bytes -= bytes;
    }
  }

  #add(upToSeq: number, bytes: number): void {
    const events = upToSeq - this.#upToSeq;
    this.#upToSeq = upToSeq;
    this.#bytes += bytes;
    const last = this.#stretches.at(-1);
    const isOpen =
      last !== undefined && last.events + events <= stretchEventsMax && last.bytes + bytes <= stretchBytesMax;
    if (!isOpen) this.#stretches.push({ upToSeq, events, bytes });
    else
      this.#stretches[this.#stretches.length - 1] = {
        upToSeq,
        events: last.events + events,
        bytes: last.bytes + bytes,
      };
  }
}
