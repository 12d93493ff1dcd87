import { Command } from "commander";
import type { ApproveFlags } from "../actions/approve.ts";
import { examples, type Register, stateFlags } from "./command.ts";

/** `dirsync approve`. */
export const registerApprove: Register = (program, context, finish) => {
  const command = stateFlags(new Command("approve"))
    .summary("decide about deletions that are so many that they wait")
    .description(
      "Without flags, says what waits. A scan that would delete more than 50 and more than a tenth of a directory, or all " +
        "of its users, does everything else and waits with that, because an outage of the service looks just the same. So " +
        "does a tail with --guard when people lose access faster than the rule allows.",
    )
    .optionsGroup("Decide:")
    .option("--directory <id>", "let the deletions of this directory go on")
    .option("--all", "let all of them go on", false)
    .option("--discard", "give up what waits: nothing more is deleted by it, and who is held keeps access", false)
    .option("--json", "JSON instead of text", false)
    .addHelpText(
      "after",
      examples(
        ["what waits", "dirsync approve"],
        ["that customer has left", "dirsync approve --directory directory_01J…"],
      ),
    )
    .action(async (flags: ApproveFlags) => {
      const { approve } = await import("../actions/approve.ts");
      finish(await approve(flags, context));
    });
  program.addCommand(command);
};
