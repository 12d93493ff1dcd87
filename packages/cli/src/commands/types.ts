import { Command } from "commander";
import type { TypesFlags } from "../actions/types.ts";
import { examples, type Register } from "./command.ts";
import { peopleFlags } from "./people-flags.ts";

/** `dirsync types`. */
export const registerTypes: Register = (program, context, finish) => {
  const command = peopleFlags(new Command("types"))
    .summary("write TypeScript types of the attributes, roles and groups that there are")
    .description(
      "Looks at the users and groups of directories and declares what they have: custom attributes, slugs of roles, names " +
        "of groups. The same directories give the same file.",
    )
    .optionsGroup("How:")
    .option("--out <file>", "file to write, such as src/directory.d.ts (default: standard output)")
    .option("--literals <names>", "attributes that are text and whose values become the type")
    .option("--check", "write nothing, and exit with 5 when --out is not what would be written", false)
    .option("--json", "JSON instead of text", false)
    .addHelpText(
      "after",
      examples(
        ["types of one directory", "dirsync types --directory directory_01J… --out src/directory.d.ts"],
        ["use them", "client.users.list<DirectoryAttributes>({ directory })"],
        [
          "in CI, without a state file",
          "dirsync types --service --directory directory_01J… --out src/directory.d.ts --check",
        ],
        ["departments as a union", "dirsync types --literals department_name"],
      ),
    )
    .action(async (flags: TypesFlags) => {
      const { writeTypes } = await import("../actions/types.ts");
      finish(await writeTypes(flags, context));
    });
  program.addCommand(command);
};
