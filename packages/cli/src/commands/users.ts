import { registerResource } from "./resource.ts";

const actions = () => import("../actions/users.ts");

/** `dirsync users list|get`. */
export const registerUsers = registerResource({
  name: "users",
  singular: "directory user",
  plural: "directory users",
  order: "newest first",
  exampleId: "directory_user_01J…",
  listExamples: [
    ["who is in a group", "dirsync users list --group directory_group_01J…"],
    ["everybody, for a script", "dirsync users list --directory directory_01J… --json"],
  ],
  listFilters: (list) =>
    list
      .option("--directory <id>", "only of this directory")
      .option("--group <id>", "only members of this group")
      .option("--email <address>", "only the one with this e-mail address; needs --directory"),
  list: async (flags, context) => (await actions()).listUsers(flags, context),
  get: async (id, flags, context) => (await actions()).getUser(id, flags, context),
});
