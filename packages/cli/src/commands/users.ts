import { Command } from "commander";
import type { HeldUsersFlags } from "../actions/users.ts";
import { examples, serviceFlags } from "./command.ts";
import { limitFlag } from "./limit.ts";
import { registerResource } from "./resource.ts";

const actions = () => import("../actions/users.ts");

/** `dirsync users list|get|held`. */
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
  further: (context, finish) => {
    const command = serviceFlags(new Command("held"))
      .description(
        "List users of a directory who are stored and do not come through, newest first. Only a Dirsync server knows them.",
      )
      .requiredOption("--directory <id>", "of this directory")
      .addOption(limitFlag())
      .option("--json", "one JSON object on each line", false)
      .addHelpText(
        "after",
        examples(["who does not come through, and why", "dirsync users held --directory directory_01J…"]),
      )
      .action(async (flags: HeldUsersFlags) => finish(await (await actions()).listHeldUsers(flags, context)));
    return [command];
  },
});
