import { Command } from "commander";
import type { DeleteDirectoryFlags } from "../actions/directories.ts";
import type { Context } from "../context.ts";
import { examples, type Register, serviceFlags } from "./command.ts";
import { createDirectoryCommand, linkCommand } from "./directory-making.ts";
import { directoryMapping } from "./directory-mapping.ts";
import { directoryScim } from "./directory-scim.ts";
import { directoryTokens } from "./directory-tokens.ts";
import { registerResource } from "./resource.ts";

const actions = () => import("../actions/directories.ts");

/** `dirsync directories list|get|create|delete|link|scim|tokens|mapping`. */
export const registerDirectories = registerResource({
  name: "directories",
  summary: "list directories; make, connect, map and delete them",
  description:
    "Lists and shows directories of the service. Deletes one with all that is in it. With a Dirsync server it also makes them, and says what goes into the customer's identity provider.",
  singular: "directory",
  plural: "directories",
  order: "newest first",
  exampleId: "directory_01J…",
  listExamples: [["all, with how many people are in them", "dirsync directories list"]],
  listFilters: (list) =>
    list
      .option("--organization <id>", "only of this organization")
      .option("--search <text>", "only those whose name contains this"),
  furtherExamples: [
    ["a new one, for a customer with Okta", "dirsync directories create Acme --provider okta --out scim-token"],
    ["a setup page for the customer's admin instead", "dirsync directories link org_01J…"],
  ],
  further: (context, finish) => [
    createDirectoryCommand(context, finish),
    deleteCommand(context, finish),
    linkCommand(context, finish),
    directoryScim(context, finish),
    directoryTokens(context, finish),
    directoryMapping(context, finish),
  ],
  list: async (flags, context) => (await actions()).listDirectories(flags, context),
  get: async (id, flags, context) => (await actions()).getDirectory(id, flags, context),
});

function deleteCommand(context: Context, finish: Parameters<Register>[2]): Command {
  const command = new Command("delete").description(
    "Delete a directory with all that is in it. Whoever follows the log is told once, by dsync.deleted.",
  );
  return serviceFlags(command)
    .argument("<id>", "id of the directory")
    .option("--yes", "do it; without this flag, only say what would go", false)
    .option("--json", "one JSON value on one line", false)
    .addHelpText(
      "after",
      `\nExit codes: 0 done, 2 usage, 5 nothing was deleted because --yes is missing,
69 the service does not answer, 77 not authorised, 78 no such directory.\n${examples(
        ["who is in it", "dirsync directories delete directory_01J…"],
        ["delete it", "dirsync directories delete directory_01J… --yes"],
      )}`,
    )
    .action(async (id: string, flags: DeleteDirectoryFlags) =>
      finish(await (await actions()).deleteDirectory(id, flags, context)),
    );
}
