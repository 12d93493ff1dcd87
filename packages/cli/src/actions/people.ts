import { listsApiSource, type MirrorReader, openMirror } from "@dirsync/consumer";
import { ConfigError, StateError } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import type { Kind, Row } from "../export/kinds.ts";
import { directoriesIn, readAll, type Scope } from "../export/read-all.ts";
import { stateFileOf } from "../settings/access.ts";
import { loadConfiguration } from "../settings/load.ts";
import { connect, type GetFlags, given } from "./listing.ts";

/** Which people, and who is asked about them. */
export interface PeopleFlags extends GetFlags, Scope {
  readonly state?: string;
  /** True to ask the service instead of the mirror. */
  readonly service: boolean;
}

/** The people of some directories, as rows of the kinds that were asked for. */
export interface People {
  /** Each of them once, in no particular order. */
  rows(kinds: readonly Kind[]): AsyncIterable<{ readonly kind: Kind; readonly row: Row }>;
  close(): Promise<void>;
}

/** With the pauses between them, a service may be away for about a minute. */
const retriesMax = 16;

/**
 * Opens the mirror in the state file, or with `--service` the service's lists.
 * @throws StateError `missing` when there is no mirror, or it may lack people; ConfigError for a directory or organization of
 * which nothing is known.
 */
export async function openPeople(flags: PeopleFlags, context: Context, signal: AbortSignal): Promise<People> {
  return flags.service ? await fromService(flags, context, signal) : await fromMirror(flags, context);
}

async function fromService(flags: PeopleFlags, context: Context, signal: AbortSignal): Promise<People> {
  const source = listsApiSource(await connect(flags, context, { retriesMax }));
  const directories = await directoriesIn(flags, { source, signal });
  const { directory, organization } = flags;
  if (directory === undefined && organization !== undefined && directories.length === 0) {
    throw stranger("service", { where: "--organization", id: organization });
  }
  return {
    async *rows(kinds) {
      const work = { source, signal, directories, kinds: new Set(kinds), onGone: () => undefined };
      for await (const { kind, rows } of readAll(work)) for (const row of rows) yield { kind, row };
    },
    close: () => Promise.resolve(),
  };
}

async function fromMirror(flags: PeopleFlags, context: Context): Promise<People> {
  // Only these: a filter may be called like a setting of the tail.
  const { config, state } = flags;
  const settings = given({ config, state });
  const mirror = await openMirror(stateFileOf(await loadConfiguration(settings, context)));
  try {
    await refuseUnfit(mirror, flags);
  } catch (error) {
    await mirror.close();
    throw error;
  }
  const isWanted = (row: Row): boolean =>
    (flags.directory?.includes(String(row["directory_id"])) ?? true) &&
    (flags.organization === undefined || row["organization_id"] === flags.organization);
  return {
    async *rows(kinds) {
      if (kinds.includes("users")) {
        for await (const row of mirror.users()) if (isWanted(row)) yield { kind: "users", row };
      }
      if (kinds.includes("groups")) {
        for await (const row of mirror.groups()) if (isWanted(row)) yield { kind: "groups", row };
      }
    },
    close: () => mirror.close(),
  };
}

async function refuseUnfit(mirror: MirrorReader, { directory = [], organization }: PeopleFlags): Promise<void> {
  if ((await mirror.completeSinceSeq()) === null) {
    throw new StateError(
      "The mirror may lack people who were there before the first event that was read. Run `dirsync backfill` once, or ask the service with --service.",
      { code: "missing" },
    );
  }
  // Of a misspelt one there is nobody, and nobody would look like everybody having left.
  const known = new Set((await mirror.counts()).map(({ directory_id: id }) => id));
  const unknown = directory.find((id) => !known.has(id));
  if (unknown !== undefined) throw stranger("mirror", { where: "--directory", id: unknown });
  if (organization === undefined) return;
  for (const rows of [mirror.directories(), mirror.users()]) {
    for await (const { organization_id: id } of rows) if (id === organization) return;
  }
  throw stranger("mirror", { where: "--organization", id: organization });
}

function stranger(
  who: "mirror" | "service",
  { where, id }: { readonly where: string; readonly id: string },
): ConfigError {
  const of = where === "--directory" ? "" : "of organization ";
  return new ConfigError(`The ${who} has no directory ${of}${id}. See \`dirsync directories list\`.`, { where });
}
