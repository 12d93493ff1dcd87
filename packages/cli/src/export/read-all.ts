import { type Collection, type ListedRow, type ListsSource, walkList } from "@dirsync/consumer";
import { ApiError, ConfigError } from "@dirsync/sdk";
import type { Batch, Kind } from "./kinds.ts";

/** Whose people are read. Neither: of all that the key can see. */
export interface Scope {
  readonly directory?: readonly string[] | undefined;
  readonly organization?: string | undefined;
}

/** What reading needs. */
export interface Reading {
  readonly source: ListsSource;
  readonly signal: AbortSignal;
}

/**
 * The directories in a scope.
 * @throws ConfigError for one that the service does not have.
 */
export async function directoriesIn(scope: Scope, { source, signal }: Reading): Promise<readonly ListedRow[]> {
  const found: ListedRow[] = [];
  if (scope.directory === undefined) {
    const collection: Collection = {
      kind: "directory",
      ...(scope.organization === undefined ? {} : { organizationId: scope.organization }),
    };
    for await (const rows of walkList({ source, collection, signal })) found.push(...rows);
    return found;
  }
  for (const id of new Set(scope.directory)) {
    const row = await source.get({ kind: "directory", id }, signal);
    if (row === null) throw new ConfigError(`The service has no directory ${id}.`, { where: "--directory" });
    found.push(row);
  }
  return found;
}

/** What is read, and who is told. */
export interface Work extends Reading {
  readonly directories: readonly ListedRow[];
  readonly kinds: ReadonlySet<Kind>;
  /** Told of a directory that was deleted while it was read. */
  readonly onGone: (directoryId: string) => void;
}

/**
 * Everything in some directories, page by page: never more than a page of groups and one of members is held. Each page
 * is as the service was when it was read.
 */
export async function* readAll(work: Work): AsyncGenerator<Batch, void, undefined> {
  for (const directory of work.directories) {
    if (work.kinds.has("directories")) yield { kind: "directories", rows: [directory] };
    try {
      yield* readDirectory(work, directory.id);
    } catch (error) {
      if (!isGone(error)) throw error;
      work.onGone(directory.id);
    }
  }
}

async function* readDirectory(work: Work, directoryId: string): AsyncGenerator<Batch, void, undefined> {
  const { kinds, source, signal } = work;
  if (kinds.has("users")) {
    for await (const rows of walkList({ source, collection: { kind: "user", directoryId }, signal })) {
      yield { kind: "users", rows: rows.map(withoutGroups) };
    }
  }
  if (!kinds.has("groups") && !kinds.has("memberships")) return;
  for await (const rows of walkList({ source, collection: { kind: "group", directoryId }, signal })) {
    if (kinds.has("groups")) yield { kind: "groups", rows };
    if (!kinds.has("memberships")) continue;
    for (const { id } of rows) yield* readMembers(work, { directoryId, groupId: id });
  }
}

interface GroupIds {
  readonly directoryId: string;
  readonly groupId: string;
}

async function* readMembers(
  { source, signal }: Reading,
  { directoryId, groupId }: GroupIds,
): AsyncGenerator<Batch, void, undefined> {
  try {
    for await (const rows of walkList({ source, collection: { kind: "membership", directoryId, groupId }, signal })) {
      const members = rows.map(({ id }) => ({ group_id: groupId, user_id: id, directory_id: directoryId }));
      yield { kind: "memberships", rows: members };
    }
  } catch (error) {
    if (!isGone(error)) throw error;
    // The group was deleted since its page was read, and has no members. When the directory was, the next read says so.
  }
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** What events do not show of a user, and memberships tell (deprecated in GET /directory_users). */
function withoutGroups({ groups: _groups, ...user }: ListedRow): ListedRow {
  return user;
}
