import type { Context } from "../context.ts";
import { connect, type GetFlags, given, type ListFlags, printList, printOne } from "./listing.ts";
import { wrongUsage } from "../wrong-usage.ts";

/** Flags of `dirsync users list`. */
export interface ListUsersFlags extends ListFlags {
  readonly directory?: string;
  readonly group?: string;
  readonly email?: string;
}

/** Lists directory users. */
export async function listUsers(flags: ListUsersFlags, context: Context): Promise<number> {
  // The service takes the e-mail filter only together with a directory (GET /directory_users).
  if (flags.email !== undefined && flags.directory === undefined) {
    throw wrongUsage("--email needs --directory: an address is unique only within one.");
  }
  const filters = given({ directory: flags.directory, group: flags.group, email: flags.email });
  return await printList((await connect(flags, context)).users.list(filters), {
    flags,
    context,
    nothing: "No users.",
    columns: [
      { heading: "ID", cell: (user) => user.id },
      { heading: "EMAIL", cell: (user) => user.email },
      { heading: "NAME", cell: (user) => [user.first_name, user.last_name].filter(Boolean).join(" ") },
      { heading: "STATE", cell: (user) => user.state },
      { heading: "DIRECTORY", cell: (user) => user.directory_id },
    ],
  });
}

/** Flags of `dirsync users held`. */
export interface HeldUsersFlags extends ListFlags {
  readonly directory: string;
}

/** Lists who is stored and does not come through, each with the reason. */
export async function listHeldUsers(flags: HeldUsersFlags, context: Context): Promise<number> {
  return await printList((await connect(flags, context)).directories.heldUsers(flags.directory), {
    flags,
    context,
    nothing: "Nobody is held: everybody in this directory comes through.",
    columns: [
      { heading: "ID", cell: (user) => user.id },
      { heading: "USERNAME", cell: (user) => user.user_name },
      { heading: "REASON", cell: (user) => user.reason },
      { heading: "SINCE", cell: (user) => user.updated_at },
    ],
  });
}

/** Shows one directory user. */
export async function getUser(id: string, flags: GetFlags, context: Context): Promise<number> {
  return printOne(await (await connect(flags, context)).users.get(id), flags, context);
}
