/** Somebody who lost access. Who is switched off and then deleted is one person. */
export interface Loss {
  readonly userId: string;
  readonly eventId: string;
  readonly atMs: number;
}

/** The people of one directory who have lost access within a time, by the times of the events. */
export class Losses {
  /** By user, in the order of the log, so that the oldest are found without a look at the others. */
  readonly #people = new Map<string, Loss>();
  /** Losses that were ever added. */
  added = 0;

  get people(): number {
    return this.#people.size;
  }

  add(loss: Loss): void {
    this.#people.delete(loss.userId);
    this.#people.set(loss.userId, loss);
    this.added += 1;
  }

  /** Forgets those until a time. Times are nearly in the order of the log: one that is older than those before it stays with them. */
  forgetUntil(atMs: number): void {
    for (const [userId, loss] of this.#people) {
      if (loss.atMs > atMs) return;
      this.#people.delete(userId);
    }
  }

  /** Forgets everything up to the last loss of which that is true. Returns whether there is one. */
  forgetThrough(isLast: (eventId: string) => boolean): boolean {
    const losses = [...this.#people.values()];
    const last = losses.map(({ eventId }) => isLast(eventId)).lastIndexOf(true);
    for (const { userId } of losses.slice(0, last + 1)) this.#people.delete(userId);
    return last >= 0;
  }
}
