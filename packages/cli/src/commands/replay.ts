import { Command } from "commander";
import type { ReplayFlags } from "../actions/replay.ts";
import { examples, type Register, stateFlags } from "./command.ts";

/** `dirsync replay`. */
export const registerReplay: Register = (program, context, finish) => {
  const command = stateFlags(new Command("replay"))
    .summary("deliver events to a sink once more, from the state file")
    .description(
      "Gives a sink events once more that it has finished, in order and from the state file: the service is not asked, and " +
        "may have forgotten them. A running tail delivers them at once, any other when it is started.",
    )
    .requiredOption("--sink <name>", "the sink; `dirsync status` shows their names")
    .optionsGroup("Which events (those that are all of what is given):")
    .option("--since <time>", "that happened at or after this ISO time")
    .option("--until <time>", "that happened before this ISO time")
    .option("--from <event-id>", "from this one on, itself included")
    .option("--to <event-id>", "up to this one, itself included")
    .option("--event <event-id>", "this one; may be given several times", together)
    .option("--directory <id>", "of this directory")
    .option("--user <id>", "about this directory user, memberships included")
    .option("--all", "everything that the state file still has", false)
    .optionsGroup("How:")
    .option("--force", "also when a later event, which is not among them, has overtaken one", false)
    .option("--dry-run", "only say which it would be", false)
    .option("--json", "JSON instead of text", false)
    .addHelpText(
      "after",
      `
Handlers see \`context.replay\`, commands DIRSYNC_EVENT_REPLAY=1. What they do
with \`context.effect(name, key, fn)\` is not done a second time. Dead letters are
not replayed: see \`dirsync dead-letters retry\`. What the sink's filter does not
want is counted, and passed over.
${examples(
  ["what the new sink missed since Monday", "dirsync replay --sink crm --since 2026-11-23"],
  ["one person, after mending the handler", "dirsync replay --sink handlers --user directory_user_01J…"],
  ["how many would that be", "dirsync replay --sink handlers --all --dry-run"],
)}`,
    )
    .action(async (flags: ReplayFlags) => {
      const { replay } = await import("../actions/replay.ts");
      finish(await replay(flags, context));
    });
  program.addCommand(command);
};

function together(given: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), given];
}
