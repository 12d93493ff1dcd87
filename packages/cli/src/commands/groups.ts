import { registerResource } from "./resource.ts";

const actions = () => import("../actions/groups.ts");

/** `dirsync groups list|get`. */
export const registerGroups = registerResource({
  name: "groups",
  singular: "directory group",
  plural: "directory groups",
  order: "newest first",
  exampleId: "directory_group_01J…",
  listExamples: [["of a directory", "dirsync groups list --directory directory_01J…"]],
  listFilters: (list) =>
    list.option("--directory <id>", "only of this directory").option("--user <id>", "only those this user is in"),
  list: async (flags, context) => (await actions()).listGroups(flags, context),
  get: async (id, flags, context) => (await actions()).getGroup(id, flags, context),
});
