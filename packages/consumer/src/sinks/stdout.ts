import type { Writable } from "node:stream";
import { SinkError } from "@dirsync/sdk";
import type { Sink } from "../model.ts";

/** A sink that writes each event as one line of JSON. The reader at the other end has it once the write is flushed. */
export function stdoutSink(stream: Writable, name = "stdout"): Sink {
  return {
    name,
    async deliver(event): Promise<void> {
      await new Promise<void>((resolve, reject) => {
        stream.write(`${JSON.stringify(event)}\n`, (error) => {
          if (error === undefined || error === null) resolve();
          else reject(closed(name, error));
        });
      });
    },
  };
}

function closed(name: string, cause: Error): SinkError {
  return new SinkError(`The reader of sink ${name} has gone away.`, { verdict: "halt", code: "reader_gone", cause });
}
