import { Command } from "commander";
import type { TailFlags } from "../actions/tail.ts";
import { examples, type Register, serviceFlags } from "./command.ts";

/** `dirsync tail`. */
export const registerTail: Register = (program, context, finish) => {
  const command = new Command("tail")
    .summary("deliver directory events, in order, to your handlers and hooks")
    .description(
      "Reads the ordered log of directory events and delivers every one of them, in order and at least once, to your\n" +
        "handlers, a command, or standard output. The position is kept in a state file: stop it, kill it, start it again.",
    );
  serviceFlags(command)
    .option("--state <file>", "state file (default: $DIRSYNC_STATE, else a file in the XDG state folder)")
    .option(
      "--events <names>",
      "only these events, separated by commas; each choice needs a --state of its own (default: all)",
    )
    .option("--from <where>", "where a new state file begins: start, now, an ISO time, or an event id", "start")
    .option("--once", "stop at the end of the log, when everything has been delivered", false)
    .option("--handlers <file>", "TypeScript or JavaScript module whose default export maps event names to functions")
    .option("--exec <command>", "command run once for each event, with the event as JSON on standard input")
    .option("--stdout", "write each event as one line of JSON to standard output", false)
    .option("--json", "log as JSON lines, and end with a JSON summary", false)
    .addHelpText(
      "after",
      `
A command is told about the event in DIRSYNC_EVENT_ID, _TYPE, _SEQ, _ATTEMPT and _LANE. It runs without a shell and
with a small environment; name further variables to pass on in DIRSYNC_HOOK_ENV. Its exit code decides:
0 done, 65 give this event up (dead letter), 78 halt, anything else try again later.

Exit codes: 0 done, 2 usage, 3 a sink halted, 4 position lost, 69 service unavailable (--once), 73 state file in use,
74 state file unusable, 75 cut short, 77 key refused, 78 configuration.
${examples(
  ["call functions of your app", "dirsync tail --handlers ./directory-handlers.ts"],
  [
    "run a script for every leaver",
    "dirsync tail --state ./leavers.db --events dsync.user.deleted,dsync.user.updated --exec ./leaver.sh",
  ],
  ["catch up with everything there is, then stop", "dirsync tail --once --stdout > events.ndjson"],
)}`,
    )
    .action(async (flags: TailFlags) => {
      const { tail } = await import("../actions/tail.ts");
      finish(await tail(flags, context));
    });
  program.addCommand(command);
};
