import type { Logger } from "@dirsync/sdk";

/**
 * A sink that is this far behind has been down for hours. A hundred thousand events are some hundred megabytes of
 * file, and reading stays far ahead of what a company produces in the days that upstream keeps its log.
 */
const backlogMaxDefault = 100_000;

/** Reading goes on a little below the limit, or it would stop and start with every page. */
const resumeShare = 0.9;

/** What back-pressure goes by. */
export interface BackPressureOptions {
  /** Low-water mark of the sink that is furthest behind; null when no sink has one. */
  readonly lowestSeq: () => number | null;
  /** Events that sink may be behind. Default 100,000. */
  readonly backlogMax: number | undefined;
  readonly log: Logger;
}

/** Says when reading has to wait for the sinks. */
export class BackPressure {
  readonly #options: BackPressureOptions;
  #isHeldBack = false;

  constructor(options: BackPressureOptions) {
    this.#options = options;
  }

  /** True while the sinks are too far behind the newest event. Says so once when it begins and once when it ends. */
  isTooFarAhead(headSeq: number): boolean {
    const { lowestSeq, backlogMax = backlogMaxDefault, log } = this.#options;
    const backlog = headSeq - (lowestSeq() ?? headSeq);
    const isHeldBack = backlog >= (this.#isHeldBack ? backlogMax * resumeShare : backlogMax);
    if (isHeldBack && !this.#isHeldBack) {
      log.warn({ backlog, backlog_max: backlogMax }, "a sink is too far behind; reading waits for it");
    }
    if (!isHeldBack && this.#isHeldBack) log.info({ backlog }, "the sinks have caught up; reading goes on");
    this.#isHeldBack = isHeldBack;
    return isHeldBack;
  }
}
