/** What would leave the process past everybody: text on standard error, and errors that nobody catches. */
import type { Context, Streams } from "./context.ts";
import { complain } from "./complain.ts";
import type { Secrets } from "./secrets.ts";

/** As in `exitCodes`, which reaches for the SDK and would make every start slower. */
const bugExitCode = 1;

/**
 * Takes secrets out of whatever is written to standard error from now on: our own diagnostics, what handlers write with
 * `console.error`, and Node's warnings. Returns what undoes it.
 */
export function guardDiagnostics({ stderr }: Streams, secrets: Secrets): () => void {
  const write = stderr.write.bind(stderr) as (chunk: unknown, ...rest: readonly unknown[]) => boolean;
  const guarded = (chunk: unknown, ...rest: readonly unknown[]): boolean =>
    write(typeof chunk === "string" ? secrets.redactAll(chunk) : chunk, ...rest);
  Object.defineProperty(stderr, "write", { value: guarded, configurable: true, writable: true });
  return () => void Reflect.deleteProperty(stderr, "write");
}

/**
 * Tells an error that nobody has caught, and ends the process: Node itself would print it with whatever it holds. Mostly
 * it comes from a promise that a handler does not wait for. Returns what undoes it.
 */
export function catchStrays(context: Context, { isJson }: { isJson: boolean }): () => void {
  const onStray = (error: unknown): void => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const advice = "If it comes from a handler, a promise there is not waited for.";
    const message = `An error that nobody caught ended the process. ${advice}\n${what}`;
    if (isJson) {
      const line = JSON.stringify({ error: { code: "uncaught", message, exit_code: bugExitCode } });
      context.streams.stderr.write(`${line}\n`);
    } else complain(context, message);
    process.exit(bugExitCode);
  };
  process.on("uncaughtException", onStray);
  return () => void process.off("uncaughtException", onStray);
}
