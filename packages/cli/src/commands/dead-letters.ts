import { Command } from "commander";
import type { DeadLettersFlags } from "../actions/dead-letters.ts";
import { examples, type Register, stateFlags } from "./command.ts";

/** `dirsync dead-letters list|show|retry|discard`. */
export const registerDeadLetters: Register = (program, context, finish) => {
  const actions = () => import("../actions/dead-letters.ts");
  const group = new Command("dead-letters")
    .summary("events a sink gave up on: list, show, retry, discard")
    .description("Events that a sink gave up on. They are kept until they are retried with success or discarded.")
    .addHelpText(
      "after",
      examples(
        ["what is there", "dirsync dead-letters list"],
        ["why, and with which payload", "dirsync dead-letters show event_01J…"],
        ["try all of one sink again, after mending it", "dirsync dead-letters retry --all --sink exec"],
      ),
    );
  const add = (name: string, purpose: string, note = ""): Command => {
    const command = stateFlags(new Command(name))
      .description(purpose)
      .option("--sink <name>", "only of this sink")
      .option("--json", "JSON instead of text", false)
      .addHelpText("after", note);
    group.addCommand(command);
    return command;
  };
  add("list", "List dead letters.", examples(["of one sink", "dirsync dead-letters list --sink handlers"])).action(
    async (flags: DeadLettersFlags) => finish(await (await actions()).listDeadLetters(flags, context)),
  );
  add("show", "Show one dead letter with its payload.", examples(["one", "dirsync dead-letters show event_01J…"]))
    .argument("<event-id>", "id of the event")
    .action(async (id: string, flags: DeadLettersFlags) =>
      finish(await (await actions()).showDeadLetter(id, flags, context)),
    );
  add(
    "retry",
    "Try dead letters again. One that a later event has overtaken is refused, because it would bring back an old state.",
    examples(
      ["one", "dirsync dead-letters retry event_01J…"],
      ["all, with the latest state where they say an old one", "dirsync dead-letters retry --all --latest"],
    ),
  )
    .argument("[event-ids...]", "ids of events")
    .option("--all", "every dead letter but those that a guard holds", false)
    .option("--latest", "for one that a later event has overtaken, that event once more in its place", false)
    .option("--force", "also those that a later event has overtaken, as they are", false)
    .action(async (ids: readonly string[], flags: DeadLettersFlags) =>
      finish(await (await actions()).retryDeadLetters(ids, flags, context)),
    );
  add("discard", "Give dead letters up for good.", examples(["one", "dirsync dead-letters discard event_01J…"]))
    .argument("[event-ids...]", "ids of events")
    .option("--all", "every dead letter but those that a guard holds", false)
    .action(async (ids: readonly string[], flags: DeadLettersFlags) =>
      finish(await (await actions()).discardDeadLetters(ids, flags, context)),
    );
  program.addCommand(group);
};
