import { ApiError, type DirectorySync, type Listing, type Page } from "@dirsync/sdk";
import { PageSize } from "./page-size.ts";
import type { Collection, ListedPage, ListedRow, ListsSource, Reference } from "../scan/model.ts";

/** Groups of a user at once; they are small. */
const groupsLimit = 100;

/** Oldest first: what is made while somebody pages comes at the end and shifts nothing that is still to be read. */
const order = "asc";

/** How often the groups of a user are read anew because one of them went while they were read. */
const walksMax = 5;

/**
 * The list endpoints of WorkOS or of a Dirsync server. The client keeps to the service's rates, four pages of users a
 * second and directory at WorkOS, and repeats what fails in passing.
 */
export function listsApiSource(client: DirectorySync): ListsSource {
  const size = new PageSize();
  return {
    identity: client.baseUrl,
    page: async (collection, after, signal) => {
      const first = `The ${collection.kind} ${after === null ? "that is listed first" : `after ${after}`}`;
      const ask = (limit: number): Promise<Page<ListedRow>> =>
        listing(client, { collection, limit, after, signal }).page();
      const { data, after: next } = await size.read(ask, first);
      return { rows: data, after: next } satisfies ListedPage;
    },
    get: async (reference, signal) => orNull(async () => read(client, reference, signal)),
  };
}

interface PageRequest {
  readonly collection: Collection;
  readonly limit: number;
  readonly after: string | null;
  readonly signal: AbortSignal;
}

function listing(client: DirectorySync, { collection, limit, after, signal }: PageRequest): Listing<ListedRow> {
  const place = { limit, order, ...(after === null ? {} : { after }) } as const;
  switch (collection.kind) {
    case "directory":
      return client.directories.list({ ...place, organization_id: collection.organizationId }, { signal });
    case "group":
      return client.groups.list({ ...place, directory: collection.directoryId }, { signal });
    case "user":
      return client.users.list({ ...place, directory: collection.directoryId }, { signal });
    case "membership":
      // The directory besides, because the rate is one of each directory.
      return client.users.list({ ...place, directory: collection.directoryId, group: collection.groupId }, { signal });
    default:
      return collection satisfies never;
  }
}

async function read(client: DirectorySync, reference: Reference, signal: AbortSignal): Promise<ListedRow | null> {
  switch (reference.kind) {
    case "directory":
      return client.directories.get(reference.id, { signal });
    case "group":
      return client.groups.get(reference.id, { signal });
    case "user":
      return client.users.get(reference.id, { signal });
    case "membership":
      if (!(await isMember(client, reference, signal))) return null;
      return client.users.get(reference.userId, { signal });
    default:
      return reference satisfies never;
  }
}

/** By the groups of the user, who is in few, and not by the users of the group, which may have all. */
async function isMember(
  client: DirectorySync,
  { groupId, userId }: Extract<Reference, { kind: "membership" }>,
  signal: AbortSignal,
): Promise<boolean> {
  for (let walk = 1; ; walk += 1) {
    try {
      for await (const page of client.groups.list({ user: userId, limit: groupsLimit, order }, { signal }).pages()) {
        if (has(page, groupId)) return true;
      }
      return false;
    } catch (error) {
      // A group that stood at the end of a page is gone, and its id leads no further. Not so when the user is gone.
      if (walk >= walksMax || !isRefusal(error) || error.status === 404) throw error;
    }
  }
}

function has(page: Page<ListedRow>, id: string): boolean {
  return page.data.some((row) => row.id === id);
}

/** The service says that it does not have something. */
async function orNull<T>(ask: () => Promise<T | null>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** The answers a service gives to a cursor, a directory or a group that it does not know (any more). */
const refusals: ReadonlySet<number> = new Set([400, 404, 410, 422]);

/** True when the service does not know what it was asked about: the cursor, or the directory or group. */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && refusals.has(error.status);
}
