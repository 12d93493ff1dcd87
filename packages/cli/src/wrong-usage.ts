import { DirsyncError } from "@dirsync/sdk";
import { wrongUsageCode } from "./wrong-usage-code.ts";

/** The command was called with a value that it cannot take. The message names the flag. */
export function wrongUsage(message: string): DirsyncError {
  return new DirsyncError(message, { code: wrongUsageCode, retryable: false });
}
