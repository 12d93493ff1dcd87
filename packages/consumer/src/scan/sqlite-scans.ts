import { StateError } from "@dirsync/sdk";
import type { Positions } from "../journal/positions.ts";
import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { Transactions } from "../journal/transactions.ts";
import { Collections } from "./collections.ts";
import { type Doubt, Doubts } from "./doubts.ts";
import { judge, removed } from "./judge.ts";
import { keyOf, Known, prepareKnown } from "./known.ts";
import type { PlanEntry, ScanDesk, ScanRequest, ScanScope, ScanStatus } from "./model.ts";
import { Plans } from "./plans.ts";
import { ScanRecords, type ScanRow } from "./records.ts";
import { Effect, Releases } from "./releases.ts";
import { Removals } from "./removals.ts";
import type {
  OpenCollection,
  OpenScan,
  PastScan,
  Release,
  Released,
  ScanKey,
  ScanStore,
  Searched,
  Settled,
} from "./store.ts";

/** Asked about at once. */
const doubtsMax = 20;

/** Scans in the state file: the transactions around their parts. */
export class SqliteScans implements ScanStore, ScanDesk {
  readonly #transactions: Transactions;
  readonly #positions: Positions;
  readonly #doubts: Doubts;
  readonly #known: Known;
  readonly #records: ScanRecords;
  readonly #collections: Collections;
  readonly #removals: Removals;
  readonly #plans: Plans;
  readonly #releases: Releases;
  readonly #noteComplete: SqliteStatement<[seq: number]>;
  readonly #gapOpenedAt: SqliteStatement<[], number>;
  readonly #closeGaps: SqliteStatement<[atMs: number, scanId: string]>;

  constructor(database: SqliteDatabase, positions: Positions, transactions: Transactions) {
    this.#transactions = transactions;
    this.#positions = positions;
    this.#doubts = new Doubts(database);
    this.#known = new Known(prepareKnown(database), this.#doubts);
    this.#records = new ScanRecords(database);
    this.#collections = new Collections(database, this.#known);
    this.#removals = new Removals(database);
    this.#plans = new Plans(database);
    this.#releases = new Releases({
      positions,
      known: this.#known,
      doubts: this.#doubts,
      records: this.#records,
      collections: this.#collections,
      removals: this.#removals,
      plans: this.#plans,
    });
    this.#noteComplete = database.prepare("UPDATE mirror SET complete_since_seq = coalesce(complete_since_seq, ?)");
    this.#gapOpenedAt = database
      .prepare<[], number>("SELECT opened_at FROM gap WHERE closed_at IS NULL ORDER BY id DESC LIMIT 1")
      .pluck();
    this.#closeGaps = database.prepare("UPDATE gap SET closed_at = ?, scan_id = ? WHERE closed_at IS NULL");
  }

  requestScan(request: ScanRequest, atMs: number): Promise<string> {
    return this.#transactions.change(() => this.#records.request(request, atMs));
  }

  scanStatus(id?: string): Promise<ScanStatus | null> {
    return this.#transactions.read(() => {
      const row = this.#records.newest(id);
      return row === undefined ? null : this.#records.status(row);
    });
  }

  scanPlan(id: string, afterNumber: number, limit: number): Promise<readonly (PlanEntry & { number: number })[]> {
    return this.#transactions.read(() => {
      // There is one plan, that of the newest dry run.
      const isDry = this.#records.newest(id)?.dry_run === 1;
      return isDry ? this.#plans.read(afterNumber, limit) : [];
    });
  }

  approveScan(id: string, directoryId: string | null): Promise<void> {
    return this.#transactions.change(() => {
      const isOpen = this.#records.open()?.id === id;
      if (isOpen && this.#removals.approve(directoryId) > 0) return;
      const of = directoryId === null ? "" : ` of directory ${directoryId}`;
      throw new StateError(`No deletions${of} wait in scan ${id}.`, { code: "missing" });
    });
  }

  discardScan(id: string, atMs: number): Promise<void> {
    return this.#transactions.change(() => {
      if (this.#records.open()?.id !== id) {
        throw new StateError(`There is no scan ${id} that is not over.`, { code: "missing" });
      }
      this.#records.end(id, "discarded", { atMs });
    });
  }

  /** The log has lost something: whatever scan is open begins anew. Whoever calls has begun the transaction. */
  restart(): void {
    this.#records.restart();
  }

  open(): Promise<OpenScan | null> {
    return this.#transactions.read(() => this.#records.open());
  }

  newestWhole(): Promise<PastScan | null> {
    return this.#transactions.read(() => this.#records.newestWhole());
  }

  gapOpenedAtMs(): Promise<number | null> {
    return this.#transactions.read(() => this.#gapOpenedAt.get() ?? null);
  }

  begin(scan: ScanKey, atMs: number): Promise<void> {
    return this.#write(scan, ({ id, cause, dry_run: isDry, scope }) => {
      this.#records.begin(id, atMs);
      this.#doubts.begin();
      if (isDry === 1) this.#plans.clear();
      const { directoryIds } = JSON.parse(scope) as ScanScope;
      if (directoryIds === undefined && cause !== "late") this.#collections.addDirectories();
    });
  }

  nextToRead(scan: ScanKey, directoryId: string | null, afterNumber: number): Promise<OpenCollection | null> {
    return this.#look(scan, () => this.#collections.next("open", directoryId, afterNumber));
  }

  nextToSearch(scan: ScanKey, directoryId: string | null, afterNumber: number): Promise<OpenCollection | null> {
    return this.#look(scan, () => this.#collections.next("listed", directoryId, afterNumber));
  }

  noteFloor(scan: ScanKey, collection: number, floorSeq: number): Promise<void> {
    return this.#write(scan, () => this.#collections.noteFloor(collection, floorSeq));
  }

  release(scan: ScanKey, releases: readonly Release[], atMs: number): Promise<readonly Released[]> {
    return this.#transactions.write(() =>
      // Each sees what those before it have written.
      releases.map((release) => this.#releases.take(this.#records.expect(scan), release, atMs)),
    );
  }

  search(scan: ScanKey, collection: number, after: string): Promise<Searched> {
    return this.#look(scan, ({ scope }) => this.#collections.search(collection, after, JSON.parse(scope) as ScanScope));
  }

  doubts(scan: ScanKey): Promise<readonly Doubt[]> {
    return this.#look(scan, () => this.#doubts.list(doubtsMax));
  }

  isInDoubt(): Promise<boolean> {
    return this.#transactions.read(() => !this.#doubts.isEmpty());
  }

  directoriesToScan(scan: ScanKey): Promise<readonly string[]> {
    return this.#look(scan, () => this.#collections.directories());
  }

  directoriesToSettle(scan: ScanKey): Promise<readonly string[]> {
    return this.#look(scan, () => this.#removals.directories());
  }

  weigh(scan: ScanKey, directoryId: string): Promise<void> {
    return this.#write(scan, () => this.#removals.weigh(directoryId));
  }

  settle(scan: ScanKey, directoryId: string, atMs: number): Promise<Settled> {
    return this.#write(scan, (row) => {
      if (row.dry_run === 0 && this.#removals.isBraked(directoryId)) return { outcome: "braked", headSeq: null };
      const removals = this.#removals.next(directoryId);
      if (removals.length === 0) return { outcome: "done", headSeq: null };
      const effect = new Effect(row, atMs);
      const known = this.#known.still();
      for (const { reference, floorSeq } of removals) {
        this.#removals.drop(reference);
        this.#doubts.settle(keyOf(reference), floorSeq);
        // The log may have said since that it is there, or that it is gone.
        if (judge({ reference, row: null, floorSeq }, known).kind === "removal") {
          effect.change({ action: "delete", reference, fields: [] }, removed(reference, known));
        } else effect.overtaken += 1;
      }
      const headSeq = this.#releases.write(effect);
      this.#records.tally(row, effect.tallies, { overtaken: effect.overtaken });
      return { outcome: "more", headSeq };
    });
  }

  conclude(scan: ScanKey, atMs: number): Promise<"complete" | "braked"> {
    return this.#write(scan, (row) => {
      if (row.dry_run === 0 && this.#removals.isBraked()) {
        this.#records.setState(row.id, "braked");
        return "braked";
      }
      const { directoryIds, organizationId } = JSON.parse(row.scope) as ScanScope;
      this.#records.end(row.id, "complete", { atMs });
      // A part of it says nothing about the rest.
      const isWhole = directoryIds === undefined && organizationId === undefined && row.cause !== "late";
      if (!isWhole || row.dry_run === 1) return "complete";
      this.#noteComplete.run(this.#positions.stream().head_seq);
      this.#closeGaps.run(atMs, row.id);
      return "complete";
    });
  }

  fail(scan: ScanKey, problem: string, atMs: number): Promise<void> {
    return this.#write(scan, ({ id }) => this.#records.end(id, "failed", { atMs, problem }));
  }

  isApproved(scan: ScanKey): Promise<boolean> {
    return this.#look(scan, () => this.#removals.isApproved());
  }

  #look<T>(scan: ScanKey, query: (row: ScanRow) => T): Promise<T> {
    return this.#transactions.read(() => query(this.#records.expect(scan)));
  }

  #write<T>(scan: ScanKey, change: (row: ScanRow) => T): Promise<T> {
    return this.#transactions.write(() => change(this.#records.expect(scan)));
  }
}
