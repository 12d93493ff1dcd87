import type { Context } from "../context.ts";
import { connect, type GetFlags, given, type ListFlags, printList, printOne } from "./listing.ts";

/** Flags of `dirsync groups list`. */
export interface ListGroupsFlags extends ListFlags {
  readonly directory?: string;
  readonly user?: string;
}

/** Lists directory groups. */
export async function listGroups(flags: ListGroupsFlags, context: Context): Promise<number> {
  const filters = given({ directory: flags.directory, user: flags.user });
  return await printList((await connect(flags, context)).groups.list(filters), {
    flags,
    context,
    nothing: "No groups.",
    columns: [
      { heading: "ID", cell: (group) => group.id },
      { heading: "NAME", cell: (group) => group.name },
      { heading: "IDP ID", cell: (group) => group.idp_id },
      { heading: "DIRECTORY", cell: (group) => group.directory_id },
    ],
  });
}

/** Shows one directory group. */
export async function getGroup(id: string, flags: GetFlags, context: Context): Promise<number> {
  return printOne(await (await connect(flags, context)).groups.get(id), flags, context);
}
