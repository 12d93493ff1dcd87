import type { Logger } from "@dirsync/sdk";
import type { Journal } from "../journal/model.ts";
import { JournalWeight } from "./journal-weight.ts";

/**
 * A sink that is this far behind has been down for hours. A hundred thousand events are some hundred megabytes of
 * file, and reading stays far ahead of what a company produces in the days that upstream keeps its log.
 */
const backlogMaxDefault = 100_000;

/**
 * Four times what so many events usually come to. Of events that are as large as upstream lets them be, a hundred
 * thousand would be two hundred gigabytes.
 */
const backlogBytesMaxDefault = 1024 * 1024 * 1024;

/** Reading goes on a little below the limit, or it would stop and start with every page. */
const resumeShare = 0.9;

/** What back-pressure goes by. */
export interface BackPressureOptions {
  readonly journal: Pick<Journal, "bytesOf">;
  /** Low-water mark of the sink that is furthest behind; null when no sink has one. */
  readonly lowestSeq: () => number | null;
  /** Events that sink may be behind. Default 100,000. */
  readonly backlogMax?: number | undefined;
  /** Bytes of JSON that those events may come to. Default 1 GiB. */
  readonly backlogBytesMax?: number | undefined;
  readonly log: Logger;
}

/** Says when reading has to wait for the sinks. */
export class BackPressure {
  readonly #options: BackPressureOptions;
  readonly #weight: JournalWeight;
  #isHeldBack = false;

  constructor(options: BackPressureOptions) {
    this.#options = options;
    this.#weight = new JournalWeight(options.journal);
  }

  /** True while the sinks are too far behind the newest event. Says so once when it begins and once when it ends. */
  async isTooFarAhead(headSeq: number): Promise<boolean> {
    const { lowestSeq, backlogMax = backlogMaxDefault, backlogBytesMax = backlogBytesMaxDefault, log } = this.#options;
    const lowSeq = lowestSeq() ?? headSeq;
    const backlog = headSeq - lowSeq;
    const share = this.#isHeldBack ? resumeShare : 1;
    // Not weighed where there are too many anyway: a sink that is new may be millions behind.
    const bytes = backlog >= backlogMax * share ? null : await this.#weight.between(lowSeq, headSeq);
    const isHeldBack = bytes === null || bytes >= backlogBytesMax * share;
    const facts = { backlog, ...(bytes === null ? {} : { backlog_bytes: bytes }) };
    if (isHeldBack && !this.#isHeldBack) {
      const limits = { backlog_max: backlogMax, backlog_bytes_max: backlogBytesMax };
      log.warn({ ...facts, ...limits }, "a sink is too far behind; reading waits for it");
    }
    if (!isHeldBack && this.#isHeldBack) log.info(facts, "the sinks have caught up; reading goes on");
    this.#isHeldBack = isHeldBack;
    return isHeldBack;
  }
}
