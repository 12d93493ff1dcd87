import type { Writable } from "node:stream";
import { SinkError } from "@dirsync/sdk";
import type { Sink } from "../model.ts";

/** A sink that writes each event as one line of JSON. The reader at the other end has it once the write is flushed. */
export function stdoutSink(stream: Writable, name = "stdout"): Sink {
  // A reader that goes away is reported to the write and once more to the stream; without a listener that one ends the
  // process, before anything is recorded.
  const ignore = (): void => undefined;
  stream.on("error", ignore);
  return {
    name,
    async deliver(event): Promise<void> {
      await new Promise<void>((resolve, reject) => {
        stream.write(`${JSON.stringify(event)}\n`, (error) => {
          if (error === undefined || error === null) resolve();
          else reject(gone(name, error));
        });
      });
    },
    close(): Promise<void> {
      stream.off("error", ignore);
      return Promise.resolve();
    },
  };
}

function gone(name: string, cause: Error): SinkError {
  const message = `Sink ${name} cannot be written to any more: ${cause.message}. Its reader may have gone away.`;
  return new SinkError(message, { verdict: "halt", code: "reader_gone", cause });
}
