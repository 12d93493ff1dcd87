import type { Writable } from "node:stream";
import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import type { BatchEntry, Sink } from "../model.ts";

/** One write does for so many lines; after a crash the reader may find as many of a lane again. */
const runMax = 32;

/** A sink that writes each event as one line of JSON. The reader at the other end has it once the write is flushed. */
export function stdoutSink(stream: Writable, name = "stdout"): Sink {
  const lines = new Lines(stream, name);
  return {
    name,
    defaults: { runMax },
    deliver: (event, { signal }) => lines.write([event], signal),
    deliverBatch: (entries: readonly BatchEntry[], signal) =>
      lines.write(
        entries.map(({ event }) => event),
        signal,
      ),
    close: () => lines.close(),
  };
}

class Lines {
  readonly #stream: Writable;
  readonly #name: string;
  /** Writes that the stream has not finished, by event: what is written cannot be taken back. */
  readonly #pending = new Map<string, Promise<void>>();
  /** Ends the waiting for a write. */
  readonly #waiting = new Set<(reason: Error) => void>();
  // A reader that goes away is reported to the write and once more to the stream; without a listener that one ends the
  // process, before anything is recorded.
  readonly #ignore = (): void => undefined;

  constructor(stream: Writable, name: string) {
    this.#stream = stream;
    this.#name = name;
    stream.on("error", this.#ignore);
  }

  async write(events: readonly DirectoryEvent[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const written = events.map(({ id }) => this.#pending.get(id)).filter((write) => write !== undefined);
    const fresh = events.filter(({ id }) => !this.#pending.has(id));
    // A reader that pauses for longer than a try takes must not find an event once for each try.
    if (fresh.length > 0) written.push(this.#begin(fresh));
    await this.#wait(Promise.all(written), signal);
  }

  close(): Promise<void> {
    this.#stream.off("error", this.#ignore);
    const message = `Sink ${this.#name} was closed before its reader had taken the event.`;
    for (const end of this.#waiting) end(new SinkError(message, { verdict: "retry", code: "sink_closed" }));
    return Promise.resolve();
  }

  #begin(events: readonly DirectoryEvent[]): Promise<void> {
    const text = events.map((event) => `${JSON.stringify(event)}\n`).join("");
    const write = new Promise<void>((resolve, reject) => {
      this.#stream.write(text, (error) => {
        for (const { id } of events) this.#pending.delete(id);
        if (error === undefined || error === null) resolve();
        else reject(gone(this.#name, error));
      });
    });
    for (const { id } of events) this.#pending.set(id, write);
    return write;
  }

  async #wait(write: Promise<unknown>, signal: AbortSignal): Promise<void> {
    let onAbort = (): void => undefined;
    let end = (_reason: Error): void => undefined;
    const ended = new Promise<never>((_resolve, reject) => {
      end = reject;
      onAbort = () => reject(signal.reason as Error);
    });
    this.#waiting.add(end);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([write, ended]);
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#waiting.delete(end);
      // Nobody waits for it any more when the try was cut off, and it may still fail.
      write.catch(() => undefined);
    }
  }
}

function gone(name: string, cause: Error): SinkError {
  const message = `Sink ${name} cannot be written to any more: ${cause.message}. Its reader may have gone away.`;
  return new SinkError(message, { verdict: "halt", code: "reader_gone", cause });
}
