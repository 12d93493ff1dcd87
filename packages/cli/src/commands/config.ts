import { Command } from "commander";
import type { ShowConfigFlags } from "../actions/config.ts";
import { examples, type Register, tailFlags } from "./command.ts";

/** `dirsync config`. */
export const registerConfig: Register = (program, context, finish) => {
  const command = new Command("config")
    .summary("show every setting, and where it comes from")
    .description(
      "Shows what `dirsync tail` with the same flags would go by: each setting, its value, and whether a flag, a variable, " +
        "the config file or the default decides. Secrets are not shown. Ends with 78 when something is wrong.",
    );
  tailFlags(command)
    .optionsGroup("Options:")
    .option("--json", "one JSON value", false)
    .addHelpText(
      "after",
      examples(
        ["what counts here", "dirsync config"],
        ["check a file before it is rolled out", "dirsync config --config ./dirsync.config.yaml"],
        ["one value, for a script", "dirsync config --json | jq -r .settings.state.value"],
      ),
    )
    .action(async (flags: ShowConfigFlags) => {
      const { showConfig } = await import("../actions/config.ts");
      finish(await showConfig(flags, context));
    });
  program.addCommand(command);
};
