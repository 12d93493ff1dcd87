/** The transactions of the process that makes a scan. Types only. */
import type { Doubt } from "./doubts.ts";
import type { HeldRow } from "./held-rows.ts";
import type { Collection, ListedRow, Reference, ScanCause, ScanScope, ScanStatus } from "./model.ts";

/** The scan that is not over. */
export interface OpenScan {
  readonly id: string;
  readonly cause: ScanCause;
  readonly scope: ScanScope;
  readonly isDryRun: boolean;
  readonly state: "requested" | "running" | "braked";
  /** Named with everything that is written for it: it grows when the scan has to begin anew. */
  readonly attempt: number;
}

/** A scan as far as it matters for whether another one is due. */
export type PastScan = Pick<ScanStatus, "state" | "requestedAtMs" | "endedAtMs">;

/** Which scan a change belongs to. */
export type ScanKey = Pick<OpenScan, "id" | "attempt">;

/** A list on record. */
export interface OpenCollection {
  readonly number: number;
  readonly collection: Collection;
  readonly after: string | null;
}

/** What was read upstream, to be taken in when its time has come. */
export type Release = PageRelease | ProbeRelease | ListEnd;

/** A page of a list. */
export interface PageRelease {
  readonly kind: "page";
  readonly collection: number;
  readonly rows: readonly HeldRow[];
  /** The head of the journal one skew before the page was asked for: what was written after it may be newer. */
  readonly floorSeq: number;
  /** Where the next page begins; null on the last one. */
  readonly after: string | null;
}

/** What upstream said about one thing. */
export interface Probe {
  readonly reference: Reference;
  /** Null when it is not there. */
  readonly row: ListedRow | null;
  readonly floorSeq: number;
}

/** Answers about single things. */
export interface ProbeRelease {
  readonly kind: "probes";
  /** The list the things were missing from; null when they belong to none. */
  readonly collection: number | null;
  readonly probes: readonly Probe[];
}

/** The end of a list that has been searched, or of all lists of a directory that turned out not to be there. */
export type ListEnd =
  | { readonly kind: "end"; readonly collection: number }
  | { readonly kind: "end"; readonly directoryId: string };

/** What a release did. */
export interface Released {
  /** Rows of it that were not listed before. */
  readonly fresh: number;
  /** The head of the journal with the events it has made; null when it has made none. */
  readonly headSeq: number | null;
}

/** What a part of a list was searched for. */
export interface Searched {
  /** Things that are here and were not listed. */
  readonly missing: readonly Reference[];
  /** Where the next part begins; null when there is none. */
  readonly after: string | null;
}

/** What became of the deletions of one directory. */
export interface Settled {
  readonly outcome: "done" | "more" | "braked";
  /** As of a release. */
  readonly headSeq: number | null;
}

/** What a scan keeps in the journal. Every method is one transaction, and fails with `fenced` when the scan has to begin anew. */
export interface ScanStore {
  open(): Promise<OpenScan | null>;
  /** The newest that was to mend everything: no dry run, and not of a part. Null without one. */
  newestWhole(): Promise<PastScan | null>;
  /** When the newest gap that is open was found, in epoch milliseconds; null when none is. */
  gapOpenedAtMs(): Promise<number | null>;
  /** Puts the first lists of a scan that was asked for on record. */
  begin(scan: ScanKey, atMs: number): Promise<void>;
  /** The first list behind `afterNumber` that is still to be read; of a directory, or (null) that of directories. */
  nextToRead(scan: ScanKey, directoryId: string | null, afterNumber: number): Promise<OpenCollection | null>;
  /** The first list behind `afterNumber` that has been read, and is to be searched for what it lacks. */
  nextToSearch(scan: ScanKey, directoryId: string | null, afterNumber: number): Promise<OpenCollection | null>;
  /** Notes where a list stands in the log before its first page is asked for. */
  noteFloor(scan: ScanKey, collection: number, floorSeq: number): Promise<void>;
  /** Takes in what was read, in this order. */
  release(scan: ScanKey, releases: readonly Release[], atMs: number): Promise<readonly Released[]>;
  /** Searches a part of what is here and belongs to the list, behind `after`, for what was not on it. */
  search(scan: ScanKey, collection: number, after: string): Promise<Searched>;
  /** Things of which an event came late, oldest first. */
  doubts(scan: ScanKey): Promise<readonly Doubt[]>;
  /** True when there are any. */
  isInDoubt(): Promise<boolean>;
  /** Directories that have lists which are not done. */
  directoriesToScan(scan: ScanKey): Promise<readonly string[]>;
  /** Directories with deletions that are not done. */
  directoriesToSettle(scan: ScanKey): Promise<readonly string[]>;
  /** Puts on record which deletions of a directory are for a person to decide. */
  weigh(scan: ScanKey, directoryId: string): Promise<void>;
  /** Deletes a part of what is to be deleted, unless that waits for a person. */
  settle(scan: ScanKey, directoryId: string, atMs: number): Promise<Settled>;
  /** Ends the scan, as `braked` when deletions wait, and says what it is now. */
  conclude(scan: ScanKey, atMs: number): Promise<"complete" | "braked">;
  fail(scan: ScanKey, problem: string, atMs: number): Promise<void>;
  /** True when a person has let deletions go on that have waited. */
  isApproved(scan: ScanKey): Promise<boolean>;
}
