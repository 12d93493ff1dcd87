import type { Sink } from "@dirsync/consumer";
import type { Secrets } from "../secrets.ts";

/**
 * The sink, with secrets taken out of what it fails with: the journal keeps the reason of a failure, and a handler may
 * put anything into its errors.
 */
export function discreetSink(sink: Sink, secrets: Secrets): Sink {
  const rethrow = (error: unknown): never => {
    throw cleaned(error, secrets);
  };
  return {
    name: sink.name,
    ...(sink.defaults !== undefined && { defaults: sink.defaults }),
    deliver: (event, attempt) => sink.deliver(event, attempt).catch(rethrow),
    ...(sink.deliverBatch !== undefined && {
      deliverBatch: (...given) => sink.deliverBatch?.(...given).catch(rethrow) ?? Promise.resolve(),
    }),
    ...(sink.apply !== undefined && {
      apply: (...given) => {
        try {
          sink.apply?.(...given);
        } catch (error) {
          rethrow(error);
        }
      },
    }),
    ...(sink.close !== undefined && { close: () => sink.close?.() ?? Promise.resolve() }),
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
