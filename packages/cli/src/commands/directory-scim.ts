import { Command } from "commander";
import type { DirectoryScimFlags } from "../actions/directory-scim.ts";
import type { Context } from "../context.ts";
import { examples, type Register, serviceFlags } from "./command.ts";
import { repeated, wordOption } from "./option.ts";

/** `dirsync directories scim`. */
export function directoryScim(context: Context, finish: Parameters<Register>[2]): Command {
  const command = new Command("scim")
    .summary("show where a directory's SCIM endpoint is, and how strict it is, or change that")
    .description(
      "Shows where a directory's SCIM endpoint is, and how strict it is. With any flag below it changes that, from the next " +
        "request on. Only for our own server.",
    );
  return serviceFlags(command)
    .argument("<id>", "id of the directory")
    .option("--json", "one JSON value on one line", false)
    .optionsGroup("Change:")
    .addOption(
      wordOption("--mode <mode>", "take what providers send, or refuse what WorkOS does", ["lenient", "strict"]),
    )
    .addOption(repeated("--set <name=value>", "decide one thing whatever the mode; NAME=default leaves it to the mode"))
    .option("--schemas <file>", "JSON file with the schemas of its own, in the place of those it had")
    .addHelpText(
      "after",
      examples(
        ["one", "dirsync directories scim directory_01J…"],
        ["the address alone", "dirsync directories scim directory_01J… --json | jq -r .base_url"],
        [
          "as strict as WorkOS, but for people without an address",
          "dirsync directories scim directory_01J… --mode strict --set missing_emails=allow",
        ],
        ["attributes of its own", "dirsync directories scim directory_01J… --schemas schemas.json"],
      ),
    )
    .action(async (id: string, flags: DirectoryScimFlags) => {
      const { changeDirectoryScim } = await import("../actions/directory-scim.ts");
      finish(await changeDirectoryScim(id, flags, context));
    });
}
