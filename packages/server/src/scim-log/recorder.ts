import type { Runtime } from "@dirsync/sdk";
import type { Data, Store } from "../store/model.ts";
import type { DirectoryRow, NewScimRequest } from "../store/tables.ts";
import { redactBody, redactPath } from "./redact.ts";

/** A request with its answer, as it was. */
export interface Exchange {
  readonly id: string;
  /** Null when the token was refused. */
  readonly directory: Pick<DirectoryRow, "seq" | "id"> | null;
  /** Of the address. */
  readonly externalKey: string;
  readonly atMs: number;
  readonly durationMs: number;
  readonly method: string;
  /** Below the directory's address, with the query. */
  readonly path: string;
  readonly status: number;
  readonly userAgent: string | null;
  readonly ifMatch: string | null;
  readonly ifNoneMatch: string | null;
  readonly requestText: string | null;
  readonly responseText: string | null;
}

/** How many requests are kept, and for how long. */
export interface Kept {
  /** 0 keeps none. */
  readonly requestsMax: number;
  readonly days: number;
}

/** What the recorder works with. */
export interface RecorderOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly kept: Kept;
}

/** The longest a request waits to be written. It is on nobody's way: its answer has been sent. */
const flushEveryMs = 1_000;
const flushAtExchanges = 500;

/** With bodies of the greatest length, some hundred megabytes; a store that is so far behind has other worries. */
const waitingMax = 5_000;

/** Bodies are cut off here: members of a large group say little after the first thousand. */
const requestCharactersMax = 65_536;
const responseCharactersMax = 16_384;

/** Our own tags have some twenty; a client may name several versions it knows. */
const tagsCharactersMax = 1_024;

/** More refused tokens in a second are one caller that tries them out. */
const unauthorizedPerFlush = 20;

const pruneEveryMs = 60_000;
const dayMs = 24 * 60 * 60 * 1_000;

/** Remembers SCIM requests, and writes them in batches, after they have been answered. A crash loses the last second. */
export class Recorder {
  readonly #options: RecorderOptions;
  #waiting: Exchange[] = [];
  #dropped = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #prunedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** False when nothing is to be recorded. */
  get isOn(): boolean {
    return this.#options.kept.requestsMax > 0;
  }

  /** Takes an exchange; never throws, never waits. */
  record(exchange: Exchange): void {
    if (!this.isOn) return;
    if (this.#waiting.length >= waitingMax) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(exchange);
    if (this.#waiting.length >= flushAtExchanges) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), flushEveryMs).unref();
  }

  /** Resolves when what was recorded before is written. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { store, runtime } = this.#options;
    const batch = this.#waiting;
    this.#waiting = [];
    if (batch.length === 0) return;
    try {
      await store.write(
        async (data) => {
          const rows = await rowsOf(data, batch);
          if (rows.length > 0) await data.scimRequests.append(rows);
        },
        { isRepeatable: true },
      );
      await this.#pruneNowAndThen();
      if (this.#dropped > 0)
        runtime.log.warn({ count: this.#dropped }, "SCIM requests were not recorded: too many came at once");
    } catch (error) {
      runtime.log.warn({ count: batch.length, reason: String(error) }, "SCIM requests could not be recorded");
    }
    this.#dropped = 0;
  }

  /** In a change of its own: what is written with the requests may be done twice (ADR 17), and this remembers that it was. */
  async #pruneNowAndThen(): Promise<void> {
    const { store, runtime, kept } = this.#options;
    const nowMs = runtime.now();
    // A clock that was set back must not put it off until it is as late again.
    if (Math.abs(nowMs - this.#prunedAtMs) < pruneEveryMs) return;
    const limits = { rowsMax: kept.requestsMax, beforeMs: nowMs - kept.days * dayMs };
    await store.write(async (data) => data.scimRequests.prune(limits));
    this.#prunedAtMs = nowMs;
  }
}

async function rowsOf(data: Data, batch: readonly Exchange[]): Promise<NewScimRequest[]> {
  const rows: NewScimRequest[] = [];
  let unauthorized = 0;
  for (const exchange of batch) {
    if (exchange.directory !== null) rows.push(rowOf(exchange, exchange.directory));
    else if (unauthorized < unauthorizedPerFlush) {
      unauthorized += 1;
      // What goes to no directory of ours is nobody's to look at, and anybody could fill the log with it.
      const directory = await data.directories.findByExternalKey(exchange.externalKey);
      if (directory !== undefined) rows.push(rowOf({ ...exchange, requestText: null }, directory));
    }
  }
  return rows;
}

function rowOf(exchange: Exchange, directory: Pick<DirectoryRow, "seq" | "id">): NewScimRequest {
  const { requestText, responseText } = exchange;
  const request = requestText === null ? null : redactBody(requestText);
  const response = responseText === null ? null : redactBody(responseText);
  const { ifMatch, ifNoneMatch } = exchange;
  const isLong =
    (request !== null && request.text.length > requestCharactersMax) ||
    [ifMatch, ifNoneMatch].some((tags) => tags !== null && tags.length > tagsCharactersMax);
  return {
    id: exchange.id,
    directory_seq: directory.seq,
    directory_id: directory.id,
    at_ms: exchange.atMs,
    method: exchange.method,
    path: redactPath(exchange.path).slice(0, requestCharactersMax),
    status: exchange.status,
    duration_ms: exchange.durationMs,
    user_agent: exchange.userAgent?.slice(0, 512) ?? null,
    request_body: request?.text.slice(0, requestCharactersMax) ?? null,
    response_body: response?.text.slice(0, responseCharactersMax) ?? null,
    is_whole: isLong || exchange.directory === null ? 0 : 1,
    if_match: ifMatch?.slice(0, tagsCharactersMax) ?? null,
    if_none_match: ifNoneMatch?.slice(0, tagsCharactersMax) ?? null,
  };
}
