import { createDirectoryCommand, linkCommand, scimCommand } from "./directory-making.ts";
import { directoryMapping } from "./directory-mapping.ts";
import { directoryTokens } from "./directory-tokens.ts";
import { registerResource } from "./resource.ts";

const actions = () => import("../actions/directories.ts");

/** `dirsync directories list|get|create|link|scim|tokens|mapping`. */
export const registerDirectories = registerResource({
  name: "directories",
  summary: "list directories; make, connect and map them",
  description:
    "Lists and shows directories of the service. With a Dirsync server it also makes them, and says what goes into the customer's identity provider.",
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
    linkCommand(context, finish),
    scimCommand(context, finish),
    directoryTokens(context, finish),
    directoryMapping(context, finish),
  ],
  list: async (flags, context) => (await actions()).listDirectories(flags, context),
  get: async (id, flags, context) => (await actions()).getDirectory(id, flags, context),
});
