import type { Sink } from "@dirsync/consumer";
import type { Secrets } from "../secrets.ts";

/**
 * The sink, with secrets taken out of what it fails with: the journal keeps the reason of a failure, and a handler may
 * put anything into its errors.
 */
export function discreetSink(sink: Sink, secrets: Secrets): Sink {
  const rethrow = (error: unknown): never => {
    // oxlint-disable-next-line typescript/only-throw-error -- what a handler throws is passed on, whatever it is
    throw cleaned(error, secrets);
  };
  const { deliverBatch, apply, close } = sink;
  return {
    name: sink.name,
    deliver: (event, attempt) => sink.deliver(event, attempt).catch(rethrow),
    ...(deliverBatch && { deliverBatch: (entries, signal) => deliverBatch.call(sink, entries, signal).catch(rethrow) }),
    ...(apply && {
      apply: (event, attempt, database) => {
        try {
          apply.call(sink, event, attempt, database);
        } catch (error) {
          rethrow(error);
        }
      },
    }),
    ...(close && { close: () => close.call(sink) }),
  };
}

/** The same error, so that it stays what it is: a class of its own, a verdict, a brand. */
function cleaned(error: unknown, secrets: Secrets): unknown {
  if (!(error instanceof Error)) return typeof error === "string" ? secrets.redactAll(error) : error;
  const message = secrets.redactAll(error.message);
  if (message === error.message) return error;
  if (Object.isFrozen(error)) return new Error(message);
  return Object.defineProperty(error, "message", { value: message, configurable: true, writable: true });
}
