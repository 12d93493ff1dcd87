import { StateError, isDirsyncError } from "@dirsync/sdk";
import type { Logger } from "@dirsync/sdk";
import { isRefusedByDisk } from "../store/disk-watch.ts";

/** How a failure that is not the caller's fault is answered. */
export interface Failure {
  readonly status: 500 | 503;
  /** For the caller: what to do, and nothing about the inside. */
  readonly message: string;
}

/** Classifies and logs a failure of the server itself. The log gets where it broke, never what was being handled. */
export function failureOf(error: unknown, log: Logger, requestId: string): Failure {
  log.error(
    {
      request_id: requestId,
      error: error instanceof Error ? error.name : typeof error,
      code: isDirsyncError(error) ? error.code : undefined,
      at: error instanceof Error ? framesOf(error) : undefined,
    },
    "A request failed.",
  );
  if (isRefusedByDisk(error) || (error instanceof StateError && error.retryable)) {
    return { status: 503, message: "The server cannot store changes at the moment; try again later." };
  }
  return { status: 500, message: "The server failed; its log has more under the X-Request-ID of this answer." };
}

/** Seconds after which a 503 is worth another try. */
export const retryAfterSeconds = 1;

// The first lines of a stack repeat the message, which may quote a value.
function framesOf(error: Error): string[] {
  return (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
}
