import { DirsyncError } from "@dirsync/sdk";

/** Code of an error in how the command was called, as against one in a file or the environment. */
export const wrongUsageCode = "wrong_usage";

/** The command was called with a value that it cannot take. The message names the flag. */
export function wrongUsage(message: string): DirsyncError {
  return new DirsyncError(message, { code: wrongUsageCode, retryable: false });
}
