import { createDirectoryCommand, linkCommand, scimCommand } from "./directory-making.ts";
import { directoryMapping } from "./directory-mapping.ts";
import { directoryTokens } from "./directory-tokens.ts";
import { registerResource } from "./resource.ts";

const actions = () => import("../actions/directories.ts");

/** `dirsync directories list|get|create|link|scim|tokens|mapping`. */
export const registerDirectories = registerResource({
  name: "directories",
  singular: "directory",
  plural: "directories",
  order: "newest first",
  exampleId: "directory_01J…",
  listExamples: [["all, with how many people are in them", "dirsync directories list"]],
  listFilters: (list) =>
    list
      .option("--organization <id>", "only of this organization")
      .option("--search <text>", "only those whose name contains this"),
  further: (context, finish) => [
    createDirectoryCommand(context, finish),
    linkCommand(context, finish),
    scimCommand(context, finish),
    directoryTokens(context, finish),
    directoryMapping(context, finish),
  ],
  list: async (flags, context) => (await actions()).listDirectories(flags, context),
  get: async (id, flags, context) => (await actions()).getDirectory(id, flags, context),
});
