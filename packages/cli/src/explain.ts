import { isDirsyncError } from "@dirsync/sdk";
import { complain } from "./complain.ts";
import type { Context } from "./context.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { isReaderGone } from "./output.ts";
import { problemsOf } from "./settings/problem.ts";

interface ExplainOptions {
  readonly context: Context;
  readonly isJson: boolean;
}

/** The SDK cannot know this: only here is there a state file and a `--from`. */
const gapAdvice =
  "The position in the state file is unchanged. If --from named a wrong event, start again with the right one. Else move " +
  "the file away and start with a new one and --from: an ISO time shortly before the last event you have handled (some " +
  "will come again), or start.";

/** Says what went wrong, on standard error, and returns the exit code for it. */
export function explain(error: unknown, { context, isJson }: ExplainOptions): number {
  if (isReaderGone(error)) return exitCodes.done;
  const exitCode = exitCodeOf(error);
  const said = error instanceof Error ? error.message : String(error);
  const message = exitCode === exitCodes.gapNeedsDecision ? `${said} ${gapAdvice}` : said;
  if (isJson) {
    const code = isDirsyncError(error) ? error.code : "bug";
    const problems = problemsOf(error).map(({ where, message: text }) => ({ where, message: text }));
    const details = problems.length === 0 ? {} : { problems };
    const line = JSON.stringify({ error: { code, message, exit_code: exitCode, ...details } });
    context.streams.stderr.write(`${line}\n`);
    return exitCode;
  }
  complain(context, message);
  // Only a bug is worth a stack: our own errors say what to do.
  if (!isDirsyncError(error) && error instanceof Error && error.stack !== undefined) {
    complain(context, `This is a bug in dirsync; please report it with these lines.\n${error.stack}`);
  }
  return exitCode;
}
