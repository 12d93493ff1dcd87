import type { Command } from "commander";
import type { Context } from "../context.ts";

/** Adds one command to the program. `finish` takes the exit code of its action. */
export type Register = (program: Command, context: Context, finish: (exitCode: number) => void) => void;

/** Examples as every help text shows them: what it does, then the command line. */
export function examples(...lines: readonly (readonly [purpose: string, commandLine: string])[]): string {
  return ["", "Examples:", ...lines.flatMap(([purpose, commandLine]) => [`  # ${purpose}`, `  $ ${commandLine}`])].join(
    "\n",
  );
}

/** Adds the flags that say which service to talk to. */
export function serviceFlags(command: Command): Command {
  return command
    .option("--base-url <url>", "the directory-sync service (default: $DIRSYNC_BASE_URL, else https://api.workos.com)")
    .option("--api-key-file <file>", "file that holds the API key (default: $DIRSYNC_API_KEY, else $WORKOS_API_KEY)");
}
