import { Argument, Command } from "commander";
import { stateParts, type StateFlags, type StatePart } from "../actions/state-parts.ts";
import { examples, type Register, stateFlags } from "./command.ts";
import { limitFlag } from "./limit.ts";

/** `dirsync state`. */
export const registerState: Register = (program, context, finish) => {
  const command = stateFlags(new Command("state"))
    .summary("show what is: the directories, users, groups and memberships of the state file")
    .description(
      "Shows what the events come to, from the state file; a running tail may go on. Without a list, it counts. " +
        "Until a scan has completed it, only what events have told of is there.",
    )
    .addArgument(new Argument("[list]", "what to list").choices(stateParts))
    .option("--directory <id>", "only of this directory")
    .option("--at <time>", "as it was at this ISO time, if the state file still has every event")
    .addOption(limitFlag())
    .option("--json", "one JSON object on each line", false)
    .addHelpText(
      "after",
      `
With --at, the events are folded anew, up to the last one that was made by then.
That needs all of them: once --retention has taken some away, no earlier state
can be told, and the command says so and ends with 2.
${examples(
  ["how much there is", "dirsync state"],
  ["everybody in one directory", "dirsync state users --directory directory_01J…"],
  ["who was in which group on Monday", "dirsync state memberships --at 2026-11-23T09:00:00Z --json"],
)}`,
    )
    .action(async (part: StatePart | undefined, flags: StateFlags) => {
      const { state } = await import("../actions/state.ts");
      finish(await state(part, flags, context));
    });
  program.addCommand(command);
};
