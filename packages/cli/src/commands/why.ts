import { Command } from "commander";
import type { WhyFlags } from "../actions/why.ts";
import { examples, type Register, stateFlags } from "./command.ts";

/** `dirsync why`. */
export const registerWhy: Register = (program, context, finish) => {
  const command = stateFlags(new Command("why"))
    .summary("say which events made a user what it is, and what the sinks made of them")
    .description(
      "Tells from the state file which events made a user and its memberships what they are (marked with *), which came " +
        "before, where each came from, and what became of it at every sink. A running tail may go on.",
    )
    .argument("<user>", "id or e-mail address of the user")
    .option("--group <group>", "only memberships of this group; its id or its name")
    .option("--json", "one JSON object for each user, on a line", false)
    .addHelpText(
      "after",
      `
Where an event came from: the service; the service, but later than its place in
the log; or a scan, which found in the lists what no event had told of. What a
sink has finished was delivered to it, or not wanted by it. Exit code 5 when
nobody is found.
${examples(
  ["a person", "dirsync why alice@example.com"],
  ["one membership", "dirsync why alice@example.com --group Admins"],
  ["for a script", "dirsync why directory_user_01J… --json | jq '.events[] | select(.decisive)'"],
)}`,
    )
    .action(async (user: string, flags: WhyFlags) => {
      const { why } = await import("../actions/why.ts");
      finish(await why(user, flags, context));
    });
  program.addCommand(command);
};
