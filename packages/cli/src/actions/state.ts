import { type MirrorCounts, type MirrorReader, openMirror, openMirrorAt, type PastMirror } from "@dirsync/consumer";
import { ConfigError, directoryState } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { createOutput } from "../output.ts";
import { stateFileOf } from "../settings/access.ts";
import { loadConfiguration } from "../settings/load.ts";
import { printable } from "../ui/printable.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { given, printList } from "./listing.ts";
import type { StateFlags, StatePart } from "./state-parts.ts";

/** Shows what is, or was. What has to be known about it is said on standard error, so that no pipe takes it for a row. */
export async function state(part: StatePart | undefined, flags: StateFlags, context: Context): Promise<number> {
  if (part === "directories" && flags.directory !== undefined) {
    throw wrongUsage("--directory narrows users, groups and memberships: `dirsync state directories` lists them all.");
  }
  const { config, state: file } = flags as StateFlags & { readonly state?: string };
  const path = stateFileOf(await loadConfiguration(given({ config, state: file }), context));
  const mirror = flags.at === undefined ? await openMirror(path) : await openAt(path, flags.at);
  try {
    await tellReservations(mirror, flags, context);
    return part === undefined ? await count(mirror, flags, context) : await list(mirror, { part, flags, context });
  } finally {
    await mirror.close();
  }
}

async function openAt(path: string, time: string): Promise<PastMirror> {
  try {
    return await openMirrorAt(path, time);
  } catch (error) {
    if (error instanceof ConfigError) throw wrongUsage(`--at: ${error.message}`);
    throw error;
  }
}

async function tellReservations(
  mirror: MirrorReader | PastMirror,
  flags: StateFlags,
  { streams }: Context,
): Promise<void> {
  const tell = (text: string): void => void streams.stderr.write(`${printable(text)}\n`);
  if ("last" in mirror) {
    const { last, blankEvents } = mirror;
    if (last === null)
      tell(`The first event that the state file has came after ${flags.at ?? ""}: nothing is known of then.`);
    else tell(`As of event ${last.id}, made at ${last.createdAt}.`);
    if (blankEvents > 0) tell(`${blankEvents} of the events were purged: whom they were about may be missing.`);
  }
  if ((await mirror.completeSinceSeq()) !== null) return;
  tell("This is what events have told of; more may exist. `dirsync backfill` brings in the rest.");
}

async function count(mirror: MirrorReader, flags: StateFlags, context: Context): Promise<number> {
  const output = createOutput(context, flags.json);
  const counts = (await mirror.counts()).filter(({ directory_id: id }) => id === (flags.directory ?? id));
  if (flags.json) {
    for (const each of counts) output.json(each);
    return exitCodes.done;
  }
  if (counts.length === 0) {
    output.line("Nothing is known.");
    return exitCodes.done;
  }
  const number = (heading: string, cell: (row: MirrorCounts) => number) => ({ heading, cell, align: "right" }) as const;
  output.table(counts, [
    { heading: "DIRECTORY", cell: (row) => row.directory_id },
    { heading: "NAME", cell: (row) => row.name },
    { heading: "STATE", cell: (row) => row.state },
    number("USERS", (row) => row.users),
    number("GROUPS", (row) => row.groups),
    number("MEMBERSHIPS", (row) => row.memberships),
  ]);
  return exitCodes.done;
}

interface Listing {
  readonly part: StatePart;
  readonly flags: StateFlags;
  readonly context: Context;
}

function list(mirror: MirrorReader, { part, flags, context }: Listing): Promise<number> {
  const of = given({ directory: flags.directory });
  const view = { flags, context, nothing: `No ${part}.` };
  switch (part) {
    case "directories":
      return printList(mirror.directories(), {
        ...view,
        columns: [
          { heading: "ID", cell: (directory) => directory.id },
          { heading: "NAME", cell: (directory) => directory.name },
          { heading: "TYPE", cell: (directory) => directory.type },
          { heading: "STATE", cell: (directory) => directoryState(directory) ?? directory.state },
          { heading: "ORGANIZATION", cell: (directory) => directory.organization_id },
        ],
      });
    case "users":
      return printList(mirror.users(of), {
        ...view,
        columns: [
          { heading: "ID", cell: (user) => user.id },
          { heading: "EMAIL", cell: (user) => user.email },
          { heading: "NAME", cell: (user) => [user.first_name, user.last_name].filter(Boolean).join(" ") },
          { heading: "STATE", cell: (user) => user.state },
          { heading: "DIRECTORY", cell: (user) => user.directory_id },
        ],
      });
    case "groups":
      return printList(mirror.groups(of), {
        ...view,
        columns: [
          { heading: "ID", cell: (group) => group.id },
          { heading: "NAME", cell: (group) => group.name },
          { heading: "DIRECTORY", cell: (group) => group.directory_id },
        ],
      });
    case "memberships":
      return printList(mirror.memberships(of), {
        ...view,
        columns: [
          { heading: "GROUP", cell: (membership) => membership.group_id },
          { heading: "USER", cell: (membership) => membership.user_id },
          { heading: "DIRECTORY", cell: (membership) => membership.directory_id },
        ],
      });
    default:
      return part satisfies never;
  }
}
