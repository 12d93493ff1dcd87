import { Command } from "commander";
import type { PurgeFlags } from "../actions/purge.ts";
import { examples, type Register, stateFlags } from "./command.ts";

/** `dirsync purge`. */
export const registerPurge: Register = (program, context, finish) => {
  const command = stateFlags(new Command("purge"))
    .summary("take a person's data, or a sink, out of the state file")
    .description(
      "Takes what the state file has about a person out of every event that all sinks have finished, out of dead letters " +
        "and of side effects, and overwrites it on the disk. It cannot be undone, and reaches neither the service nor your app. " +
        "What a sink has still to get, or a guard or a scan holds, stays, because it may be that this person leaves: run it again later. " +
        "With --sink, forgets a sink that is no longer used, for which everything would be kept.",
    )
    .option("--subject <person>", "id of the directory user, or e-mail address")
    .option("--user <id>", "id of the directory user, where both are known: with --email")
    .option("--email <address>", "e-mail address of the person")
    .option("--sink <name>", "instead of a person: a sink that is no longer used, while no tail runs")
    .option("--json", "JSON instead of text", false)
    .addHelpText(
      "after",
      examples(
        ["by id", "dirsync purge --subject directory_user_01J…"],
        ["by address, in every directory", "dirsync purge --subject alice@example.com"],
        ["a sink that was only tried", "dirsync purge --sink stdout"],
      ),
    )
    .action(async (flags: PurgeFlags) => {
      const { purge } = await import("../actions/purge.ts");
      finish(await purge(flags, context));
    });
  program.addCommand(command);
};
