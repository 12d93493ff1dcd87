import type { Ids } from "../ids.ts";
import { ScimError } from "../scim/error.ts";
import { fold } from "../store/fold.ts";
import type { Counts, Data, DirectoryData, Store } from "../store/model.ts";
import type { DirectoryRow, OrganizationRow, StoredDomain, UncountedDirectory } from "../store/tables.ts";
import { append } from "./append.ts";
import { mappingOf } from "./mapping.ts";
import type { DirectoryMapping } from "./mapping.ts";
import type { Change } from "./to-event.ts";
import { issueToken } from "./tokens.ts";

/** What changing a directory takes. */
export interface Directories {
  readonly store: Store;
  readonly ids: Ids;
}

/** A change of one directory under way. */
export interface WriteContext {
  readonly directory: UncountedDirectory;
  readonly mapping: DirectoryMapping;
  readonly scope: DirectoryData;
  readonly ids: Ids;
  /** Time of the change, ISO 8601. */
  readonly at: string;
  /** True where many users change as though at once: whether they share addresses is asked when all of them have. */
  readonly judgesEmailsLater?: boolean;
  /** Whom to show anew when all of a change is done; absent where that is at once. See `refreshingAfter`. */
  readonly refreshesLater?: Set<number>;
  /** Adds to the events of this change. Their order is the order of the log. */
  emit(change: Change): void;
  /** Adds to the directory's counters. */
  count(delta: Partial<Counts>): void;
}

/**
 * The one place where a directory changes. `work` loads, computes and writes; its events go to the log in the same
 * transaction, so there is no change without its events and no event without its change. Resolves when all of it is
 * durable. `work` may be run again after what it did was taken back, so it touches nothing but its context.
 * @throws scim_error 401 when the directory has been deleted since the request was let in
 */
export async function changeDirectory<T>(
  { store, ids }: Directories,
  directorySeq: number,
  work: DirectoryWork<T>,
): Promise<T> {
  return await store.write((data) => changeWithin(data, ids, { directorySeq, work }), { isRepeatable: true });
}

/** The same for work that touches something else, too: it is run once. */
export async function changeDirectoryOnce<T>(
  { store, ids }: Directories,
  directorySeq: number,
  work: DirectoryWork<T>,
): Promise<T> {
  return await store.write((data) => changeWithin(data, ids, { directorySeq, work }));
}

/** Loads, computes and writes. */
export type DirectoryWork<T> = (context: WriteContext) => Promise<T>;

async function changeWithin<T>(
  data: Data,
  ids: Ids,
  { directorySeq, work }: { readonly directorySeq: number; readonly work: DirectoryWork<T> },
): Promise<T> {
  const directory = await data.directories.uncounted(directorySeq);
  if (directory === undefined) throw new ScimError("This directory no longer exists.", { status: 401 });
  const changes: Change[] = [];
  const counts: Partial<Counts>[] = [];
  const value = await work({
    directory,
    mapping: mappingOf(directory),
    scope: data.directory(directorySeq),
    ids,
    at: isoNow(ids),
    emit: (change) => changes.push(change),
    count: (delta) => counts.push(delta),
  });
  if (counts.length > 0) await data.directories.count(directorySeq, sumOf(counts));
  const speaking = changes.length === 0 ? directory : await connected(data, ids, directory);
  await append(data, ids, { directory: speaking, changes });
  return value;
}

/** The directory, after the log has said that it is connected, which it says before everything else of it. */
async function connected(data: Data, ids: Ids, directory: UncountedDirectory): Promise<UncountedDirectory> {
  if (directory.connected_at !== null) return directory;
  const at = isoNow(ids);
  await data.directories.setConnected(directory.seq, at);
  const speaking = { ...directory, connected_at: at, updated_at: at };
  const organization = await data.organizations.findBySeq(directory.organization_seq);
  await append(data, ids, { directory: speaking, changes: [activation(organization)] });
  return speaking;
}

/** What a new directory is made from. Without an organization one of the same name is made with it. */
export interface DirectoryInput {
  readonly name: string;
  readonly type: string;
  readonly organizationId?: string;
  readonly softDelete: boolean;
  /** False lets the log speak of it only when its first user or group comes. Default true. */
  readonly isConnected?: boolean;
  /** JSON of what it decides about its SCIM endpoint. Default: nothing. */
  readonly scimSettings?: string;
}

/** A new directory and its token, which is not kept. */
export interface CreatedDirectory {
  readonly directory: DirectoryRow;
  readonly bearerToken: string;
}

/** Makes a directory inside a write, which unless told otherwise is connected at once and says so in the log. Null when the organization does not exist. */
export async function createDirectory(data: Data, ids: Ids, input: DirectoryInput): Promise<CreatedDirectory | null> {
  const at = isoNow(ids);
  const isConnected = input.isConnected ?? true;
  const organization =
    input.organizationId === undefined
      ? await createOrganization(data, ids, { name: input.name, externalId: null, metadata: {}, domains: [] })
      : await data.organizations.find(input.organizationId);
  if (organization === undefined) return null;
  const directory = await data.directories.insert({
    id: ids.next("directory_"),
    organization_seq: organization.seq,
    organization_id: organization.id,
    external_key: ids.externalKey(),
    type: input.type,
    name: input.name,
    name_folded: fold(input.name),
    soft_delete: input.softDelete ? 1 : 0,
    scim_settings: input.scimSettings ?? "{}",
    users_active: 0,
    users_inactive: 0,
    users_hidden: 0,
    groups: 0,
    connected_at: isConnected ? at : null,
    created_at: at,
    updated_at: at,
  });
  if (isConnected) await append(data, ids, { directory, changes: [activation(organization)] });
  const first = { directory, name: "First token", scope: "provisioning", expiresMs: null } as const;
  const { token: bearerToken } = await issueToken(data, ids, first);
  return { directory, bearerToken };
}

/** Removes a directory with all it holds. `dsync.deleted` is its only event. False when there is none. */
export async function deleteDirectory({ store, ids }: Directories, id: string): Promise<boolean> {
  return await store.write(async (data) => {
    const directory = await data.directories.find(id);
    if (directory === undefined) return false;
    await removeDirectory(data, ids, directory);
    return true;
  });
}

/** The same inside a write. */
export async function removeDirectory(data: Data, ids: Ids, directory: DirectoryRow): Promise<void> {
  await data.directories.remove(directory.seq);
  // Of one that was never connected the log has not spoken.
  if (directory.connected_at !== null) await append(data, ids, { directory, changes: [{ kind: "directory_deleted" }] });
}

/** What a new organization is made from. */
export interface OrganizationInput {
  readonly name: string;
  readonly externalId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly domains: readonly Omit<StoredDomain, "id">[];
  /** Whether people of other domains may sign in, which this server only keeps for the app. Default false. */
  readonly allowsOutsiders?: boolean;
}

/** Makes an organization inside a write. */
export async function createOrganization(data: Data, ids: Ids, input: OrganizationInput) {
  const at = isoNow(ids);
  // Before the organization's own id, which is then the greatest: ids go on from there when the file is opened again.
  const domains = input.domains.map((domain): StoredDomain => ({ id: ids.next("org_domain_"), ...domain }));
  return await data.organizations.insert({
    id: ids.next("org_"),
    name: input.name,
    external_id: input.externalId,
    metadata: JSON.stringify(input.metadata),
    domains: JSON.stringify(domains),
    allow_profiles_outside_organization: Number(input.allowsOutsiders ?? false),
    created_at: at,
    updated_at: at,
  });
}

function activation(organization: OrganizationRow | undefined): Change {
  return { kind: "directory_activated", domains: organization === undefined ? [] : domainsIn(organization) };
}

/** The domains of an organization. */
export function domainsIn({ domains }: OrganizationRow): readonly StoredDomain[] {
  return JSON.parse(domains) as StoredDomain[];
}

function isoNow(ids: Ids): string {
  return new Date(ids.nowMs()).toISOString();
}

function sumOf(counts: readonly Partial<Counts>[]): Counts {
  const sum = { active: 0, inactive: 0, hidden: 0, groups: 0 };
  for (const delta of counts) {
    sum.active += delta.active ?? 0;
    sum.inactive += delta.inactive ?? 0;
    sum.hidden += delta.hidden ?? 0;
    sum.groups += delta.groups ?? 0;
  }
  return sum;
}
