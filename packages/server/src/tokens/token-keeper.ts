/**
 * What happens to tokens without anybody asking: they are used, and they end.
 *
 * A use is noted in memory and written at most once a minute, behind the answer: an identity provider that sends thousands
 * of requests waits for none of it, and a crash forgets a minute of it at most. A token that was given an end stops
 * working at that time by itself; here it is only removed, and its end told to the log.
 */
import type { Runtime } from "@dirsync/sdk";
import { revokeToken } from "../directory/tokens.ts";
import type { Ids } from "../ids.ts";
import type { Store } from "../store/model.ts";

/** What a keeper works with. */
export interface TokenKeeperOptions {
  readonly store: Store;
  readonly ids: Ids;
  readonly runtime: Runtime;
}

/** Milliseconds between two writes of when tokens were used. */
const writtenEveryMs = 60_000;

// Timers of Node end at 25 days.
const sleepMsMax = 24 * 60 * 60 * 1_000;

/** Milliseconds after which an end that could not be told to the log is tried again. */
const retryMs = 60_000;

/** Directories whose refused requests are remembered, and the longest key one can have. */
const [refusedMax, keyCharactersMax] = [1_000, 64];

/** Removed in one change; there are rarely two. */
const expiredAtOnce = 100;

/** Remembers when tokens were used, and ends those whose time has come. */
export class TokenKeeper {
  readonly #options: TokenKeeperOptions;
  /** By seq, what is not written yet, in epoch milliseconds. */
  readonly #used = new Map<number, number>();
  /** By external key, in epoch milliseconds, the latest last. Of this process alone: it helps whoever is at it now. */
  readonly #refused = new Map<string, number>();
  #writtenMs: number | null = null;
  #writing: Promise<void> = Promise.resolve();
  #ending: Promise<void> = Promise.resolve();
  #pause = new AbortController();
  #isClosed = false;

  constructor(options: TokenKeeperOptions) {
    this.#options = options;
  }

  /** Ends what has ended in the meantime, and waits for what is next. */
  start(): Promise<void> {
    this.#wait();
    return this.#endExpired();
  }

  /** Says that the end of a token was set or has changed. */
  expiryChanged(): void {
    if (this.#isClosed) return;
    this.#pause.abort();
    this.#wait();
  }

  /** Notes that a token was used. Returns at once. */
  used(tokenSeq: number): void {
    const nowMs = this.#options.runtime.now();
    this.#used.set(tokenSeq, nowMs);
    if (this.#writtenMs !== null && Math.abs(nowMs - this.#writtenMs) < writtenEveryMs) return;
    this.#writtenMs = nowMs;
    this.#writing = this.#write();
  }

  /** Notes that a request for this directory, if there is one, carried a token that was none of its own. */
  refused(externalKey: string): void {
    if (externalKey.length > keyCharactersMax) return;
    this.#refused.delete(externalKey);
    this.#refused.set(externalKey, this.#options.runtime.now());
    const [oldest] = this.#refused.keys();
    if (this.#refused.size > refusedMax && oldest !== undefined) this.#refused.delete(oldest);
  }

  /** When a request for this directory was last refused, in epoch milliseconds; null for never. */
  refusedMs(externalKey: string): number | null {
    return this.#refused.get(externalKey) ?? null;
  }

  /** When the token was used last, in epoch milliseconds, if that is later than what is stored. */
  lastUsedMs({ seq, last_used_ms: storedMs }: { readonly seq: number; readonly last_used_ms: number | null }) {
    return this.#used.get(seq) ?? storedMs;
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pause.abort();
    await this.#ending;
    await this.#writing;
    await this.#write();
  }

  async #write(): Promise<void> {
    const uses = [...this.#used];
    if (uses.length === 0) return;
    const { store, runtime } = this.#options;
    try {
      await store.write(
        async (data) => {
          for (const [seq, timeMs] of uses) await data.directoryTokens.setLastUsed(seq, timeMs);
        },
        { isRepeatable: true },
      );
      for (const [seq, timeMs] of uses) if (this.#used.get(seq) === timeMs) this.#used.delete(seq);
    } catch (error) {
      // It stays noted, and is tried again with what comes next.
      runtime.log.warn({ error: error instanceof Error ? error.name : typeof error }, "Last uses were not written.");
    }
  }

  #wait(): void {
    this.#pause = new AbortController();
    this.#ending = this.#endInTime(this.#pause.signal);
  }

  /** Until nothing is left to end, or until it is told that something has changed. */
  async #endInTime(signal: AbortSignal): Promise<void> {
    const { runtime } = this.#options;
    for (let isDone = false; !isDone && !signal.aborted;) {
      try {
        isDone = await this.#endNext(signal);
      } catch (error) {
        if (signal.aborted) return;
        const name = error instanceof Error ? error.name : typeof error;
        runtime.log.error({ error: name }, "Tokens do not end in the log; will try again.");
        // A disk that is full has room again some day, and readers of the log are to hear of it then.
        await runtime.sleep(retryMs, signal).catch(() => undefined);
      }
    }
  }

  /** Waits for the next end, and ends what has ended. Resolves to true when there is nothing to wait for. */
  async #endNext(signal: AbortSignal): Promise<boolean> {
    const { store, runtime } = this.#options;
    const nextMs = await store.read((data) => data.directoryTokens.nextExpiryMs());
    if (nextMs === null || signal.aborted) return true;
    await runtime.sleep(Math.min(Math.max(nextMs - runtime.now(), 0), sleepMsMax), signal);
    await this.#endExpired();
    return false;
  }

  async #endExpired(): Promise<void> {
    const { store, ids, runtime } = this.#options;
    await store.write(async (data) => {
      for (const token of await data.directoryTokens.expired(runtime.now(), expiredAtOnce)) {
        const directory = await data.directories.findBySeq(token.directory_seq);
        if (directory === undefined) await data.directoryTokens.remove(token.seq);
        else await revokeToken(data, ids, { directory, token });
      }
    });
  }
}
