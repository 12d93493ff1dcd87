import { systemRuntime } from "@dirsync/sdk";
import type { Context } from "./context.ts";
import { createLogger } from "./logging.ts";
import { Progress } from "./ui/progress.ts";

/** The progress of a command, on its standard error. */
export function progressFor(context: Context, { json }: { readonly json: boolean }): Progress {
  const log = createLogger(context, { json });
  return new Progress({ stderr: context.streams.stderr, log, now: systemRuntime.now, json });
}
