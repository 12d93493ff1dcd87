import { setTimeout as pause } from "node:timers/promises";
import { type ApiAccess, readEvents } from "./event-log.ts";

/** Between two looks at the end of the log. */
const restMs = 20;

/** Reads a log from its start, page after page from where it was, whatever happens to the service meanwhile. */
export class LogReader {
  /** Ids in the order they were seen. */
  readonly seen: string[] = [];
  readonly #access: ApiAccess;
  readonly #limit: number;
  readonly #stopping = new AbortController();
  readonly #done: Promise<void>;

  constructor(access: ApiAccess, limit: number) {
    this.#access = access;
    this.#limit = limit;
    this.#done = this.#run();
    this.#done.catch(() => undefined);
  }

  /** Stops. @throws Error when the service ever refused an event's id as the place to go on from */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const ids = await this.#read();
      this.seen.push(...ids);
      if (ids.length === 0) await pause(restMs);
    }
  }

  async #read(): Promise<readonly string[]> {
    try {
      const events = await readEvents(this.#access, { after: this.seen.at(-1) ?? null, limit: this.#limit });
      return events.map(({ id }) => id);
    } catch (error) {
      // Nobody answers while the service is down; an answer that is no page is what must not happen.
      if (error instanceof TypeError) return [];
      throw error;
    }
  }
}
