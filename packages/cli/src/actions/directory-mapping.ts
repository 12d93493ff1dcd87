import type { DirectoryMapping, DirectoryMappingChanges } from "@dirsync/sdk/self-hosted";
import type { Context } from "../context.ts";
import { whileWaiting } from "../ui/waiting.ts";
import { wrongUsage } from "../wrong-usage.ts";
import { connect, type GetFlags, printOne, wholeDirectory } from "./listing.ts";

/** Flags of `dirsync directories mapping`. */
export interface DirectoryMappingFlags extends GetFlags {
  readonly map?: readonly string[];
  readonly unmap?: readonly string[];
  readonly role?: readonly string[];
  readonly defaultRole?: string;
  readonly roles?: "single" | "multiple" | "none";
}

/** Shows how a directory maps its people, after the changes that the flags ask for. */
export async function changeDirectoryMapping(
  id: string,
  flags: DirectoryMappingFlags,
  context: Context,
): Promise<number> {
  const { directories } = await connect(flags, context);
  const current = await directories.mapping(id);
  const changes = changesOf(flags, current);
  if (Object.keys(changes).length === 0) return printOne(current, flags, context);
  const mapping = await whileWaiting(context.streams, "the server reads everybody anew, all or nothing", () =>
    directories.changeMapping(id, changes, wholeDirectory),
  );
  return printOne(mapping, flags, context);
}

function changesOf(flags: DirectoryMappingFlags, current: DirectoryMapping): DirectoryMappingChanges {
  return { ...attributes(flags, current), ...roles(flags, current) };
}

function attributes(
  { map = [], unmap = [] }: DirectoryMappingFlags,
  current: DirectoryMapping,
): Pick<DirectoryMappingChanges, "custom_attributes"> {
  if (map.length === 0 && unmap.length === 0) return {};
  for (const name of unmap) {
    if (current.custom_attributes[name] === undefined)
      throw wrongUsage(`--unmap ${name}: no such attribute is mapped.`);
  }
  const kept = Object.entries(current.custom_attributes).filter(([name]) => !unmap.includes(name));
  return { custom_attributes: Object.fromEntries([...kept, ...map.map((pair) => split(pair, "--map"))]) };
}

function roles(
  flags: DirectoryMappingFlags,
  current: DirectoryMapping,
): Pick<DirectoryMappingChanges, "role_assignment"> {
  const { role, defaultRole, roles: mode } = flags;
  if (role === undefined && defaultRole === undefined && mode === undefined) return {};
  if (mode === "none") {
    if (role === undefined && defaultRole === undefined) return { role_assignment: null };
    throw wrongUsage("--roles none takes all roles away; leave --role and --default-role out.");
  }
  const before = current.role_assignment;
  const groups = role?.map((pair) => split(pair, "--role")).map(([group, slug]) => ({ group, role: slug }));
  return {
    role_assignment: {
      mode: mode ?? before?.mode ?? "single",
      default_role: defaultRole ?? before?.default_role ?? null,
      groups: groups ?? before?.groups ?? [],
    },
  };
}

/** At the last `=` of a role, since a group's name may have one; at the first of a path, since its filter may. */
function split(pair: string, flag: "--map" | "--role"): [string, string] {
  const at = flag === "--map" ? pair.indexOf("=") : pair.lastIndexOf("=");
  if (at > 0 && at < pair.length - 1) return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  throw wrongUsage(`${flag} ${pair}: write it as ${flag === "--map" ? "name=path" : "group=role"}.`);
}
