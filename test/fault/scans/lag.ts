import { between, type Random } from "../../support/random.ts";
import type { SimulatedClock } from "../simulation/clock.ts";

/** Which of the two shows what happens later than the other. */
export type Behind = "log" | "lists" | "either";

/** How long changes are on their way. */
export interface LagOptions {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly skewMs: number;
  readonly behind: Behind;
}

/** When something that happens becomes visible. */
export interface Visible {
  readonly inLogAtMs: number;
  readonly inListsAtMs: number;
}

/** When the log and the lists of a service show what happens: in order, and neither later than the other by more than the skew. */
export class Lag {
  readonly #options: LagOptions;
  #last: Visible = { inLogAtMs: 0, inListsAtMs: 0 };

  constructor(options: LagOptions) {
    this.#options = options;
  }

  /** For what happens now. */
  next(): Visible {
    const { clock, skewMs } = this.#options;
    const inLogAtMs = Math.max(this.#last.inLogAtMs, clock.nowMs + this.#delayMs("log"));
    const inListsAtMs = Math.max(this.#last.inListsAtMs, clock.nowMs + this.#delayMs("lists"));
    // Neither is further from the other than the skew.
    const inLog = Math.max(inLogAtMs, inListsAtMs - skewMs);
    this.#last = { inLogAtMs: inLog, inListsAtMs: Math.max(inListsAtMs, inLog - skewMs) };
    return this.#last;
  }

  /** For what comes to the log long after what happens later: lists show it at once, or when the log does. */
  late(): Visible {
    const { clock, random, skewMs } = this.#options;
    // Not before what happened earlier: that would then be what comes late, and nobody would know of it.
    const inLogAtMs = Math.max(this.#last.inLogAtMs, clock.nowMs + between(random, 3_000, 40_000));
    const listedMs =
      random() < 0.5 ? clock.nowMs + Math.floor(random() * skewMs) : inLogAtMs + between(random, -skewMs, skewMs);
    // Not before what happened to the same user earlier.
    return { inLogAtMs, inListsAtMs: Math.max(clock.nowMs, this.#last.inListsAtMs, listedMs) };
  }

  /** Where one of the two is behind, it is so by nearly all of the skew, and the other by next to nothing. */
  #delayMs(view: "log" | "lists"): number {
    const { random, skewMs, behind } = this.#options;
    const share = random();
    if (behind === "either") return Math.floor(share * skewMs);
    return Math.floor((behind === view ? 0.9 + share / 10 : share / 10) * skewMs);
  }
}
