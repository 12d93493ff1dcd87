import type { Context } from "../context.ts";
import { connect, type GetFlags, given, type ListFlags, printList, printOne } from "./listing.ts";

/** Flags of `dirsync directories list`. */
export interface ListDirectoriesFlags extends ListFlags {
  readonly organization?: string;
  readonly search?: string;
}

/** Lists directories. */
export async function listDirectories(flags: ListDirectoriesFlags, context: Context): Promise<number> {
  const filters = given({ organization_id: flags.organization, search: flags.search });
  return await printList((await connect(flags, context)).directories.list(filters), {
    flags,
    context,
    nothing: "No directories.",
    columns: [
      { heading: "ID", cell: (directory) => directory.id },
      { heading: "NAME", cell: (directory) => directory.name },
      { heading: "TYPE", cell: (directory) => directory.type },
      { heading: "STATE", cell: (directory) => directory.state },
      { heading: "USERS", cell: (directory) => directory.metadata?.users.active, align: "right" },
      { heading: "GROUPS", cell: (directory) => directory.metadata?.groups, align: "right" },
    ],
  });
}

/** Shows one directory. */
export async function getDirectory(id: string, flags: GetFlags, context: Context): Promise<number> {
  return printOne(await (await connect(flags, context)).directories.get(id), flags, context);
}
