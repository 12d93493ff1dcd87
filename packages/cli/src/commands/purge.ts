import { Command } from "commander";
import type { PurgeFlags } from "../actions/purge.ts";
import { examples, type Register, stateFlags } from "./command.ts";

/** `dirsync purge`. */
export const registerPurge: Register = (program, context, finish) => {
  const command = stateFlags(new Command("purge"))
    .summary("take a person's data out of the state file")
    .description(
      "Takes what the state file has about a person out of every event that all sinks have finished, out of dead letters " +
        "and of side effects, and overwrites it on the disk. It cannot be undone, and reaches neither the service nor your app. " +
        "What a sink has still to get stays, because it may be that this person leaves: run it again later.",
    )
    .option("--user <id>", "id of the directory user")
    .option("--email <address>", "e-mail address of the person")
    .option("--json", "JSON instead of text", false)
    .addHelpText(
      "after",
      examples(
        ["by id", "dirsync purge --user directory_user_01J…"],
        ["by address, in every directory", "dirsync purge --email alice@example.com"],
      ),
    )
    .action(async (flags: PurgeFlags) => {
      const { purge } = await import("../actions/purge.ts");
      finish(await purge(flags, context));
    });
  program.addCommand(command);
};
