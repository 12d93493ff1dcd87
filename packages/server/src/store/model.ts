import type {
  AnswerRow,
  DirectoryRow,
  UncountedDirectory,
  EventRow,
  GroupRow,
  ListedKind,
  NewDirectory,
  NewGroup,
  NewUser,
  UserRow,
} from "./tables.ts";
import type { PortalSessions } from "./portal-model.ts";
import type { DirectoryTokens } from "./token-model.ts";
import type { Audit } from "./audit.ts";
import type { Lineage } from "./lineage-model.ts";
import type { BodyPage, Bounds, Directions } from "./body-pages.ts";
import type { Measures } from "./measures.ts";
import type { Memberships } from "./membership-model.ts";
import type { Organizations } from "./organization-model.ts";
import type { Retention } from "./retention.ts";
import type { ScimRequests } from "./scim-request-model.ts";
import type { WebhookDeliveries, WebhookEndpoints } from "./webhook-model.ts";
import type { Window } from "./windows.ts";

export type { BodyPage } from "./body-pages.ts";
export type { Memberships, NamedMember } from "./membership-model.ts";
export type { ScimRequests } from "./scim-request-model.ts";
export type { Window } from "./windows.ts";

/**
 * What the server needs of a database. Everything that belongs to a directory is reached through `directory(seq)`, and
 * each of its queries carries that seq: code that serves one customer has no way to name a row of another.
 */
export interface Store {
  /** Runs queries that see one state of the data. Must not call `read` or `write` inside. */
  read<T>(work: (data: Data) => Promise<T>): Promise<T>;
  /**
   * Runs a change. Resolves only when it is durable; when `work` rejects, nothing of it is kept. Changes that arrive
   * together share one commit, so `work` must wait for nothing but `data`.
   * @throws StateError
   */
  write<T>(work: (data: Data) => Promise<T>, how?: WriteHow): Promise<T>;
  /** Copies everything into `file`, as one state of it, while changes go on. @throws StateError */
  copyTo(file: string): Promise<void>;
  /**
   * False while the disk refuses changes, as when it is full. Each time it is asked then, it tries whether one is taken
   * again: where nobody changes anything, nothing else would find out.
   */
  takesWrites(): Promise<boolean>;
  /** Has `listener` called after each commit that made the log longer. */
  onGrowth(listener: () => void): void;
  /** Finishes changes under way and closes the file. */
  close(): Promise<void>;
}

/** What a change allows the store to do. */
export interface WriteHow {
  /**
   * True when `work` may be run again after what it did was taken back, since it touches nothing but `data`. Such changes
   * are cheaper together. Default false.
   */
  readonly isRepeatable?: boolean;
}

/** Everything stored, as one state of it. */
export interface Data {
  readonly organizations: Organizations;
  readonly directories: Directories;
  readonly directoryTokens: DirectoryTokens;
  readonly portalSessions: PortalSessions;
  /** Lists across directories, for holders of the API key. */
  readonly lists: Lists;
  readonly log: Log;
  readonly answers: Answers;
  readonly audit: Audit;
  readonly lineage: Lineage;
  readonly retention: Retention;
  readonly measures: Measures;
  readonly scimRequests: ScimRequests;
  readonly webhookEndpoints: WebhookEndpoints;
  /** What is on record about one endpoint. */
  webhookDeliveries(endpointSeq: number): WebhookDeliveries;
  directory(seq: number): DirectoryData;
  /** The last id of every kind. */
  lastIds(): Promise<string[]>;
}

/** Connected directories. */
export interface Directories {
  insert(row: NewDirectory): Promise<DirectoryRow>;
  find(id: string): Promise<DirectoryRow | undefined>;
  seqOf(id: string): Promise<number | null>;
  findBySeq(seq: number): Promise<DirectoryRow | undefined>;
  /** From memory while it stays as it is: each change of a directory begins with it. */
  uncounted(seq: number): Promise<UncountedDirectory | undefined>;
  findByExternalKey(externalKey: string): Promise<DirectoryRow | undefined>;
  list(filter: DirectoryFilter, window: Window): Promise<DirectoryRow[]>;
  /** Replaces what the directory decides about its SCIM endpoint, as JSON. */
  setScimSettings(seq: number, settings: string): Promise<void>;
  /** Puts on record that something came from its provider. */
  setConnected(seq: number, at: string): Promise<void>;
  setType(seq: number, type: string): Promise<void>;
  /** Adds to the counters. */
  count(seq: number, delta: Counts): Promise<void>;
  /** Removes the directory and everything in it. */
  remove(seq: number): Promise<void>;
}

/** Which directories a list shows. All given conditions hold. */
export interface DirectoryFilter {
  readonly organizationSeq?: number;
  /** Part of the name, in any letter case. */
  readonly nameContains?: string;
  /** A domain of its organization, in lower case. */
  readonly domain?: string;
}

/** Changes to a directory's counters. */
export interface Counts {
  readonly active: number;
  readonly inactive: number;
  readonly hidden: number;
  readonly groups: number;
}

/** Which users a list shows. All given conditions hold. */
export interface UserFilter {
  readonly directorySeq?: number;
  readonly groupSeq?: number;
  readonly idpId?: string;
  readonly emailFolded?: string;
}

/** Which groups a list shows. All given conditions hold. */
export interface GroupFilter {
  readonly directorySeq?: number;
  readonly userSeq?: number;
}

/** A stretch of a list, and which way it is walked and shown. */
export type ShownWindow = Bounds & Directions;

/** A row of an API list: its place, its id, and the object as JSON. */
export interface ListItem {
  readonly seq: number;
  readonly id: string;
  readonly body: string;
}

/** A user that readers of the log do not know of. */
export interface HeldUser {
  readonly seq: number;
  readonly id: string;
  /** As it was last sent, as JSON. */
  readonly resource: string;
  readonly state: string;
  /** ISO 8601. */
  readonly modified_at: string;
}

/** Reads that are not bound to a directory. Users whose deletion was announced do not appear. */
export interface Lists {
  user(id: string): Promise<ListItem | undefined>;
  group(id: string): Promise<ListItem | undefined>;
  /** A user with its groups, as JSON. */
  userBody(id: string): Promise<string | undefined>;
  /** Users, each with its groups. */
  users(filter: UserFilter, window: ShownWindow): Promise<BodyPage>;
  groups(filter: GroupFilter, window: ShownWindow): Promise<BodyPage>;
  /** Users of a directory who are stored and not announced. */
  heldUsers(directorySeq: number, window: Window): Promise<HeldUser[]>;
  /** Where an object stands or stood in its list; null for an id that never was. */
  placeOf(kind: ListedKind, id: string): Promise<number | null>;
}

/** What the log keeps of an event. */
export interface NewEvent {
  readonly id: string;
  readonly name: string;
  readonly organization_seq: number;
  readonly body: string;
}

/** Which events a reader wants: every one but those of some names, or those of some names, of one organization or of all. */
export type EventFilter =
  | { readonly names: readonly []; readonly except?: readonly string[] }
  | { readonly names: readonly [string, ...string[]]; readonly organizationSeq?: number };

/** The ordered log. The order of `seq` is the order of commits. */
export interface Log {
  append(events: readonly NewEvent[]): Promise<void>;
  /** Events with `above < seq < below`, oldest first. */
  page(filter: EventFilter, window: Bounds): Promise<EventRow[]>;
  /** The same as they are sent. */
  bodies(filter: EventFilter, window: Bounds): Promise<BodyPage>;
  /** Places and names of the first events after this place. */
  names(above: number, limit: number): Promise<Pick<EventRow, "seq" | "name">[]>;
  seqOf(eventId: string): Promise<number | null>;
  /** The last seq before the first event whose id is `lowestId` or greater. */
  seqBefore(lowestId: string): Promise<number>;
  oldestId(): Promise<string | null>;
  newestId(): Promise<string | null>;
  /** How many events there are after this place. */
  countAbove(seq: number): Promise<number>;
  /** Seq of the newest event; 0 when there never was one. */
  headSeq(): Promise<number>;
}

/** Answers to requests that may be repeated, by the digest of their key. */
export interface Answers {
  find(keyDigest: string): Promise<AnswerRow | undefined>;
  insert(row: AnswerRow): Promise<void>;
  /** Removes those made at this time or before, in epoch milliseconds. */
  removeUntil(madeMs: number): Promise<void>;
}

/** A column that finds users or groups of a directory through an index. */
export type LookupColumn = "id" | "user_name_folded" | "display_name_folded" | "external_id" | "email";

/** An order of users or groups that an index has. Creation order decides between those that are equal in it. */
export type IndexedOrder = "seq" | "user_name_folded" | "display_name_folded";

/** A page of an index. */
export interface OrderedPage {
  readonly offset: number;
  readonly limit: number;
  readonly isDescending: boolean;
}

/** One directory's users, groups and memberships. */
export interface DirectoryData {
  readonly users: Users;
  readonly groups: Groups;
  readonly memberships: Memberships;
  /** `mapping` is JSON, `at` the time of the change. */
  saveMapping(mapping: string, at: string): Promise<void>;
}

/** What nearly every change of a user changes. */
export type UserContent = Pick<UserRow, "seq" | "resource" | "body" | "updated_at" | "modified_at" | "version">;

/** Users of one directory, hidden ones among them. */
export interface Users {
  insert(row: Omit<UserRow, "seq">, emailsFolded: readonly string[]): Promise<UserRow>;
  find(id: string): Promise<UserRow | undefined>;
  /** The seqs of those of the ids that are users of this directory. */
  seqsOf(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  idOfUserName(userNameFolded: string): Promise<string | undefined>;
  /** An active user with this primary e-mail address, other than `exceptId`. */
  idOfActiveEmail(emailFolded: string, exceptId: string | null): Promise<string | undefined>;
  update(seq: number, changes: Partial<NewUser>): Promise<void>;
  /** Changes what no index holds: a column that is written is written to its indexes too, also where it stays as it is. */
  updateContent(content: UserContent): Promise<void>;
  setEmails(
    seq: number,
    change: { readonly before: readonly string[]; readonly after: readonly string[] },
  ): Promise<void>;
  /** Removes the user, its e-mail addresses and its memberships; to each of its groups that is a change, made `at`. */
  remove(user: UserRow, change: { readonly emailsFolded: readonly string[]; readonly at: string }): Promise<void>;
  /** Users in creation order after `above`, for a scan. */
  after(above: number, limit: number): Promise<UserRow[]>;
  /** Users in creation order, `offset` of them left out. */
  page(offset: number, limit: number): Promise<UserRow[]>;
  /** The place in creation order of this user, or of the last one before where it stood. */
  placeOf(id: string): Promise<number>;
  /** Seqs of a page of users by userName or in creation order. */
  ordered(order: "seq" | "user_name_folded", page: OrderedPage): Promise<number[]>;
  /** Those of the seqs that are users of this directory, in creation order. */
  bySeqs(seqs: readonly number[]): Promise<UserRow[]>;
  lookup(column: LookupColumn, value: string): Promise<UserRow[]>;
}

/** Groups of one directory. */
export interface Groups {
  insert(row: NewGroup): Promise<GroupRow>;
  find(id: string): Promise<GroupRow | undefined>;
  /** A group that already has this identity: the externalId, or without one the name. */
  idOfIdentity(identity: { externalId: string | null; displayNameFolded: string }): Promise<string | undefined>;
  /** A group that events and lists show under this `idp_id`. */
  idOfIdpId(idpId: string): Promise<string | undefined>;
  update(seq: number, changes: Partial<NewGroup>): Promise<void>;
  /** Removes the group and its memberships. */
  remove(group: GroupRow): Promise<void>;
  after(above: number, limit: number): Promise<GroupRow[]>;
  page(offset: number, limit: number): Promise<GroupRow[]>;
  /** The place in creation order of this group, or of the last one before where it stood. */
  placeOf(id: string): Promise<number>;
  /** Seqs of a page of groups by displayName or in creation order. */
  ordered(order: "seq" | "display_name_folded", page: OrderedPage): Promise<number[]>;
  /** Those of the seqs that are groups of this directory, in creation order. */
  bySeqs(seqs: readonly number[]): Promise<GroupRow[]>;
  lookup(column: LookupColumn, value: string): Promise<GroupRow[]>;
  /** Groups of a user, in creation order. */
  ofUser(userId: string): Promise<GroupRow[]>;
}
