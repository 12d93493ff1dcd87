import { registerTail } from "./commands/tail.ts";
import type { Environment, Streams } from "./context.ts";
import { runOneOf } from "./run.ts";

/**
 * Runs a command line that begins with `tail`, as `run` does. It is built on its own, into few files: what one command shares with all
 * others comes in some thirty, and to find and read them is a tenth of what a tail takes to start.
 */
export function run(argv: readonly string[], environment: Environment, streams: Streams): Promise<number> {
  return runOneOf({ argv, commands: [registerTail] }, environment, streams);
}
