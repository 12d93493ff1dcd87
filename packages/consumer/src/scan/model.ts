/** What a scan reads, what it is asked for, and how far it is. Types only. */

/** One list of upstream. Its rows have ids, and an order in which a row never moves. */
export type Collection =
  /** Directories, of one organization or of all. */
  | { readonly kind: "directory"; readonly organizationId?: string }
  | { readonly kind: "group" | "user"; readonly directoryId: string }
  /** The users in a group. */
  | { readonly kind: "membership"; readonly directoryId: string; readonly groupId: string };

/** One thing that upstream has, or had. */
export type Reference =
  | { readonly kind: "directory"; readonly id: string }
  | { readonly kind: "group" | "user"; readonly directoryId: string; readonly id: string }
  | { readonly kind: "membership"; readonly directoryId: string; readonly groupId: string; readonly userId: string };

/** A directory, group or user as upstream shows it to a read. A membership is shown as its user. */
export interface ListedRow {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** One page of a list. */
export interface ListedPage {
  readonly rows: readonly ListedRow[];
  /** Where the next page begins; null on the last one. */
  readonly after: string | null;
}

/**
 * The lists of upstream. Requests are paced here: one to a directory waits for its turn, and what upstream asks for is
 * obeyed.
 */
export interface ListsSource {
  /** The same as that of the log: the base URL and nothing secret. */
  readonly identity: string;
  /**
   * Reads the page after `after`, or the first one.
   * @throws an error with `status` 400, 404, 410 or 422 when upstream does not know `after` any more or, without one, does
   * not know the directory or group.
   */
  page(collection: Collection, after: string | null, signal: AbortSignal): Promise<ListedPage>;
  /** Asks for one thing; null when upstream does not have it. May take several requests for a membership. */
  get(reference: Reference, signal: AbortSignal): Promise<ListedRow | null>;
}

/**
 * Why a scan is made: somebody asked for a backfill or a reconcile, a gap was found, its time had come, or
 * events came late, and only what they are about is asked for.
 */
export type ScanCause = "backfill" | "reconcile" | "gap" | "schedule" | "late";

/** What is scanned. Default everything the key can see. */
export interface ScanScope {
  readonly directoryIds?: readonly string[];
  readonly organizationId?: string;
}

/** A scan as it is asked for. */
export interface ScanRequest {
  readonly cause: ScanCause;
  readonly scope?: ScanScope;
  /** True to find out what would be done and do nothing. Default false. */
  readonly isDryRun?: boolean;
}

/**
 * `requested`: nobody has begun it. `running`. `braked`: it would delete so much that a person has to decide; everything
 * else of it is done. `complete`. `failed`: upstream could not be read to the end. `discarded`: a person gave it up.
 */
export type ScanState = "requested" | "running" | "braked" | "complete" | "failed" | "discarded";

/** What one kind of thing has come to. */
export interface ScanTally {
  /** Rows that upstream listed. */
  readonly listed: number;
  readonly created: number;
  readonly updated: number;
  /** Deletions that are done or, in a dry run, would be. */
  readonly deleted: number;
}

/** Deletions of one directory that wait for a person. */
export interface Brake {
  readonly directoryId: string;
  readonly kind: Reference["kind"];
  /** Deletions that wait. */
  readonly count: number;
  /** How many the directory has of the kind. */
  readonly total: number;
  readonly isApproved: boolean;
}

/** Where a scan stands. */
export interface ScanStatus {
  readonly id: string;
  readonly cause: ScanCause;
  readonly scope: ScanScope;
  readonly isDryRun: boolean;
  readonly state: ScanState;
  readonly requestedAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Requests that were answered, since the scan was begun. */
  readonly requests: number;
  /** Lists that are known of by now, and those that are read and worked off. */
  readonly collections: { readonly known: number; readonly done: number };
  /** Users that upstream says there are; null while it has not said. */
  readonly usersExpected: number | null;
  readonly tallies: Readonly<Record<Reference["kind"], ScanTally>>;
  /** Rows that were dropped because the log knew better. */
  readonly overtaken: number;
  readonly brakes: readonly Brake[];
  /** Why it failed; null when it has not. */
  readonly problem: string | null;
}

/** One difference that a scan found, as it was or would be settled. */
export interface PlanEntry {
  readonly action: "create" | "update" | "delete";
  readonly reference: Reference;
  /** Names of the fields that differ; of an update only. */
  readonly fields: readonly string[];
}

/** How an event says that it was made here from what upstream lists, and not by upstream. */
export interface Synthetic {
  readonly cause: ScanCause;
  readonly scanId: string;
}

/** What visitors of a journal may ask and decide about scans. */
export interface ScanDesk {
  /**
   * Asks the holder for a scan and returns its id.
   * @throws StateError `busy` while another one is not over: wait for it, or decide about it.
   */
  requestScan(request: ScanRequest, atMs: number): Promise<string>;
  /** Where a scan stands; without an id the newest. Null when there is none. */
  scanStatus(id?: string): Promise<ScanStatus | null>;
  /** What a scan did, or in a dry run would do: entries `afterNumber` (0 for the first) on, at most `limit`. */
  scanPlan(
    id: string,
    afterNumber: number,
    limit: number,
  ): Promise<readonly (PlanEntry & { readonly number: number })[]>;
  /**
   * Lets the deletions that wait go on, of one directory or (null) of all.
   * @throws StateError `missing` when none of these wait.
   */
  approveScan(id: string, directoryId: string | null): Promise<void>;
  /**
   * Gives a scan up. What it has written stays; a gap it was to close stays open.
   * @throws StateError `missing` when there is no such scan, or it is over.
   */
  discardScan(id: string, atMs: number): Promise<void>;
}
