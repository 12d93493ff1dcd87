import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput } from "../output.ts";
import { amount } from "../ui/amount.ts";
import { printable } from "../ui/printable.ts";
import { whileWaiting } from "../ui/waiting.ts";
import { connect, type GetFlags, given, type ListFlags, printList, printOne, wholeDirectory } from "./listing.ts";

/** Flags of `dirsync directories list`. */
export interface ListDirectoriesFlags extends ListFlags {
  readonly organization?: string;
  readonly search?: string;
}

/** Flags of `dirsync directories delete`. */
export interface DeleteDirectoryFlags extends GetFlags {
  readonly yes: boolean;
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

/** Deletes a directory with all that is in it; without `yes` it only says what that is. */
export async function deleteDirectory(id: string, flags: DeleteDirectoryFlags, context: Context): Promise<number> {
  const { directories } = await connect(flags, context);
  const output = createOutput(context, flags.json);
  if (!flags.yes) {
    const { name, metadata } = await directories.get(id);
    if (flags.json) output.json({ id, deleted: false, metadata });
    const inside =
      metadata === undefined
        ? ""
        : ` has ${amount(metadata.users.active, "active user")} and ${amount(metadata.groups, "group")}, and`;
    output.line(`${printable(name)}${inside} would go with all that is in it: nobody of it keeps access.`);
    output.line("Nothing was deleted. If that is right, say --yes.");
    return exitCodes.findings;
  }
  await whileWaiting(context.streams, "the service deletes it with everybody in it", () =>
    directories.delete(id, wholeDirectory),
  );
  if (flags.json) output.json({ id, deleted: true });
  output.line(`Deleted ${printable(id)}. The log tells of it by dsync.deleted alone, not person by person.`);
  return exitCodes.done;
}
