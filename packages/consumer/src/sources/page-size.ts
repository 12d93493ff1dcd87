import { ConnectionError, isDirsyncError, type Logger, silentLogger } from "@dirsync/sdk";

/** As large as the service allows: fewest requests while catching up. */
const limitMax = 100;

/** A stretch of large rows is seldom over with one page, and each page that is too large has been sent for nothing. */
const goodMin = 10;

/**
 * How many rows to ask for at once: as many as there may be, and fewer where an answer would be larger than one may be.
 * Otherwise whoever can put large values into a directory could keep everybody from reading on behind them.
 */
export class PageSize {
  readonly #log: Logger;
  #limit = limitMax;
  /** Pages in a row that were not too large. */
  #good = 0;

  constructor(log: Logger = silentLogger) {
    this.#log = log;
  }

  /**
   * Asks for a page of so many rows until it is not too large. `first` is what its first row is, for people.
   * @throws ConnectionError `body_too_large` when a single row is.
   */
  async read<T>(ask: (limit: number) => Promise<T>, first: string): Promise<T> {
    for (;;) {
      const limit = this.#limit;
      try {
        const page = await ask(limit);
        this.#noteGood();
        return page;
      } catch (error) {
        if (!isTooLarge(error)) throw error;
        if (limit === 1) throw rowTooLarge(first, error);
        this.#noteTooLarge(limit);
      }
    }
  }

  #noteGood(): void {
    if (this.#limit === limitMax) return;
    this.#good += 1;
    if (this.#good < goodMin) return;
    this.#good = 0;
    this.#limit = Math.min(limitMax, this.#limit * 2);
  }

  #noteTooLarge(limit: number): void {
    this.#good = 0;
    // Another request may have made it smaller meanwhile.
    this.#limit = Math.min(this.#limit, Math.ceil(limit / 2));
    this.#log.warn({ limit: this.#limit }, "a page was larger than an answer may be; asking for smaller ones");
  }
}

function isTooLarge(error: unknown): error is Error {
  return isDirsyncError(error) && error.code === "body_too_large";
}

/** It is not passed over: nobody knows whose leaving it says. */
function rowTooLarge(first: string, cause: Error): ConnectionError {
  const message =
    `${first} is too large by itself, and nothing behind it can be read: ${cause.message} Nothing was passed over. ` +
    "Allow larger answers: answerBytesMax of `dirsync tail` (--answer-bytes-max), or bodyBytesMax of the client's transport.";
  return new ConnectionError(message, { code: "body_too_large", cause });
}
