import type { Command } from "commander";

/** Flags that say where our own server has its keys. */
export function serverKeyFlags(command: Command): Command {
  return command
    .option(
      "--api-key-file <file>",
      "file that holds the API key (default: $DIRSYNC_API_KEY); a second line is one that it takes the place of",
    )
    .option(
      "--encryption-key-file <file>",
      "file that holds the key that encrypts secrets (default: $DIRSYNC_ENCRYPTION_KEY, else made of the API key); a second line as above",
    )
    .option(
      "--insecure-secret-files",
      "take secret files that everybody on this machine may read, as Docker and Kubernetes mount them",
      false,
    );
}
