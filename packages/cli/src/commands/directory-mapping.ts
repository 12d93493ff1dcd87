import { Command } from "commander";
import type { DirectoryMappingFlags } from "../actions/directory-mapping.ts";
import type { Context } from "../context.ts";
import { examples, type Register, serviceFlags } from "./command.ts";
import { repeated, wordOption } from "./option.ts";

/** `dirsync directories mapping`. */
export function directoryMapping(context: Context, finish: Parameters<Register>[2]): Command {
  const command = new Command("mapping")
    .summary("show or change how a directory's people are read")
    .description(
      "Shows how a directory's people are read: which attributes it maps itself, and which groups give roles. " +
        "With any flag below it changes that at once, for everybody in the directory. Only for our own server; at " +
        "WorkOS this is in the dashboard.",
    );
  return serviceFlags(command)
    .argument("<id>", "id of the directory")
    .option("--json", "one JSON value on one line", false)
    .optionsGroup("Change:")
    .addOption(repeated("--map <name=path>", "read a custom attribute from a SCIM path"))
    .addOption(repeated("--unmap <name>", "no longer read it"))
    .addOption(repeated("--role <group=role>", "give a role by a group; replaces the roles there were, highest first"))
    .option("--default-role <role>", "the role of whoever is in none of these groups")
    .addOption(wordOption("--roles <mode>", "how many roles a person has", ["single", "multiple", "none"]))
    .addHelpText(
      "after",
      examples(
        ["what they are", "dirsync directories mapping directory_01J…"],
        [
          "the office and a badge, which the app wants as attributes",
          `dirsync directories mapping directory_01J… --map 'office=addresses[type eq "work"].locality' \\
      --map badge=urn:acme:2.0:User:badge`,
        ],
        [
          "two roles from groups, and one for everybody else",
          "dirsync directories mapping directory_01J… --role Admins=admin --role Editors=editor --default-role member",
        ],
      ),
    )
    .action(async (id: string, flags: DirectoryMappingFlags) => {
      const { changeDirectoryMapping } = await import("../actions/directory-mapping.ts");
      finish(await changeDirectoryMapping(id, flags, context));
    });
}
