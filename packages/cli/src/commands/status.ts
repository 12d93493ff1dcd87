import { Command } from "commander";
import type { StatusFlags } from "../actions/status.ts";
import { examples, type Register, stateFlags } from "./command.ts";

/** `dirsync status`. */
export const registerStatus: Register = (program, context, finish) => {
  const command = stateFlags(new Command("status"))
    .summary("show where `dirsync tail` stands")
    .description(
      "Shows the position in the log and where each sink stands, from the state file; a running tail may go on.",
    )
    .option("--json", "one JSON value", false)
    .addHelpText(
      "after",
      examples(
        ["look", "dirsync status"],
        ["alert on dead letters", "dirsync status --json | jq '[.sinks[].dead_letters] | add'"],
      ),
    )
    .action(async (flags: StatusFlags) => {
      const { status } = await import("../actions/status.ts");
      finish(await status(flags, context));
    });
  program.addCommand(command);
};
