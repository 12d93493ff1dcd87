import { Command } from "commander";
import type { TailFlags } from "../actions/tail.ts";
import { examples, type Register, tailFlags } from "./command.ts";

/** `dirsync tail`. */
export const registerTail: Register = (program, context, finish) => {
  const command = new Command("tail")
    .summary("deliver directory events, in order, to your handlers and hooks")
    .description(
      "Reads the ordered log of directory events and delivers every one of them, in order and at least once, to your " +
        "handlers, a command, or standard output. The position is kept in a state file: stop it, kill it, start it again.",
    );
  tailFlags(command)
    .optionsGroup("This run:")
    .option("--once", "stop at the end of the log, when everything has been delivered", false)
    .option("--watch", "load handlers again when they, or what they import, change", false)
    .option("--json", "log as JSON lines, and end with a JSON summary", false)
    .addHelpText(
      "after",
      `
Every setting may also stand in a variable (DIRSYNC_POLL) or in the config file
(poll), where each sink can have its own; a flag wins over a variable, a
variable over the file. \`dirsync config\` shows what counts.

A command is told about the event in DIRSYNC_EVENT_ID, _TYPE, _SEQ, _ATTEMPT and
_LANE. It runs without a shell and with a small environment. Its exit code
decides: 0 done, 65 give this event up (dead letter), 78 halt, anything else try
again later. A program that keeps running (--pipe) gets one line of JSON for
each event and answers each with a line: {"ack":ID}, or {"nack":ID} to be asked
again.

Exit codes: 0 done, 2 usage, 3 a sink halted, 4 events may be missing (--once),
69 service unavailable (--once), 73 state file in use, 74 state file unusable,
75 cut short, 77 key refused, 78 configuration.
${examples(
  ["call functions of your app", "dirsync tail --handlers ./directory-handlers.ts"],
  ["load them again whenever you save one", "dirsync tail --handlers ./directory-handlers.ts --watch"],
  ["run a script for every event", "dirsync tail --exec ./on-event.sh"],
  ["be told at once, and look every minute", "dirsync tail --exec ./on-event.sh --doorbell :4001 --poll 1m"],
  ["catch up with everything there is, then stop", "dirsync tail --once --stdout > events.ndjson"],
)}`,
    )
    .action(async (flags: TailFlags) => {
      const { tail } = await import("../actions/tail.ts");
      finish(await tail(flags, context));
    });
  program.addCommand(command);
};
