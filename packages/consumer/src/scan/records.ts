import { StateError } from "@dirsync/sdk";
import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { Brake, Collection, Reference, ScanRequest, ScanScope, ScanStatus, ScanTally } from "./model.ts";
import type { OpenScan, PastScan, ScanKey } from "./store.ts";

/** The row of a scan. */
export interface ScanRow {
  readonly number: number;
  readonly id: string;
  readonly cause: ScanStatus["cause"];
  readonly scope: string;
  readonly dry_run: number;
  readonly state: ScanStatus["state"];
  readonly attempt: number;
  readonly requested_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly requests: number;
  readonly users_expected: number | null;
  readonly tallies: string;
  readonly overtaken: number;
  readonly problem: string | null;
}

/** Changes to what a scan has come to. */
export type TallyChanges = Partial<Record<Reference["kind"], Partial<ScanTally>>>;

const emptyTally: ScanTally = { listed: 0, created: 0, updated: 0, deleted: 0 };
const kinds: readonly Reference["kind"][] = ["directory", "user", "group", "membership"];
const isOver = "state IN ('complete', 'failed', 'discarded')";

/** Scans as they are on record. Whoever calls has begun the transaction. */
export class ScanRecords {
  readonly #sql: RecordStatements;

  constructor(database: SqliteDatabase) {
    this.#sql = prepare(database);
  }

  /** @throws StateError `busy`. */
  request({ cause, scope = {}, isDryRun = false }: ScanRequest, atMs: number): string {
    const open = this.#sql.open.get();
    if (open !== undefined) {
      const advice = open.state === "braked" ? "Decide about its deletions: dirsync approve" : "Wait until it is over";
      throw new StateError(`Scan ${open.id} (${open.cause}) is ${open.state}. ${advice}.`, { code: "busy" });
    }
    return this.#sql.request.get({ cause, scope: JSON.stringify(scope), isDryRun: isDryRun ? 1 : 0, atMs }) ?? "";
  }

  open(): OpenScan | null {
    const row = this.#sql.open.get();
    if (row === undefined) return null;
    const { id, cause, attempt, state } = row;
    const scope = JSON.parse(row.scope) as ScanScope;
    return { id, cause, scope, isDryRun: row.dry_run === 1, state: state as OpenScan["state"], attempt };
  }

  /** @throws StateError `fenced` when the scan is over or had to begin anew. */
  expect({ id, attempt }: ScanKey): ScanRow {
    const row = this.#sql.open.get();
    if (row !== undefined && row.id === id && row.attempt === attempt) return row;
    throw new StateError(`Scan ${id} was given up, or has to begin anew.`, { code: "fenced" });
  }

  newest(id: string | undefined): ScanRow | undefined {
    return id === undefined ? this.#sql.newest.get() : this.#sql.byId.get(id);
  }

  /** The newest that was to mend everything: no dry run, and not of a part. */
  newestWhole(): PastScan | null {
    return this.#sql.newestWhole.get() ?? null;
  }

  setState(id: string, state: ScanRow["state"]): void {
    this.#sql.setState.run(state, id);
  }

  begin(id: string, atMs: number): void {
    this.#sql.clear();
    this.#sql.begin.run(atMs, id);
  }

  /** Ends it, and forgets what was needed to make it. */
  end(id: string, state: "complete" | "failed" | "discarded", { atMs, problem = null }: Ending): void {
    this.#sql.end.run(state, atMs, problem, id);
    this.#sql.clear();
  }

  /** The log has lost something since: nothing that was found before counts. */
  restart(): void {
    if (this.#sql.restart.run().changes > 0) this.#sql.clear();
  }

  tally(row: ScanRow, changes: TallyChanges, { requests = 0, overtaken = 0, users = 0 }: Counts): void {
    const before = JSON.parse(row.tallies) as TallyChanges;
    const tallies: Record<string, ScanTally> = {};
    for (const kind of kinds) tallies[kind] = sum({ ...emptyTally, ...before[kind] }, changes[kind] ?? {});
    const told = JSON.stringify(tallies);
    this.#sql.tally.run({ id: row.id, tallies: told, requests, overtaken, users: users === 0 ? null : users });
  }

  status(row: ScanRow): ScanStatus {
    const tallies = JSON.parse(row.tallies) as TallyChanges;
    const of = (kind: Reference["kind"]): ScanTally => ({ ...emptyTally, ...tallies[kind] });
    const collections = this.#sql.collections.get() ?? { known: 0, done: 0 };
    const isOpen = row.id === this.#sql.open.get()?.id;
    return {
      id: row.id,
      cause: row.cause,
      scope: JSON.parse(row.scope) as ScanScope,
      isDryRun: row.dry_run === 1,
      state: row.state,
      requestedAtMs: row.requested_at,
      startedAtMs: row.started_at,
      endedAtMs: row.ended_at,
      requests: row.requests,
      collections: isOpen ? { known: collections.known, done: collections.done ?? 0 } : { known: 0, done: 0 },
      usersExpected: row.users_expected,
      tallies: { directory: of("directory"), user: of("user"), group: of("group"), membership: of("membership") },
      overtaken: row.overtaken,
      brakes: isOpen ? this.#sql.brakes.all().map(toBrake) : [],
      problem: row.problem,
    };
  }
}

/** How a scan ended. */
interface Ending {
  readonly atMs: number;
  readonly problem?: string | null;
}

/** What is counted besides. */
interface Counts {
  readonly requests?: number;
  readonly overtaken?: number;
  readonly users?: number;
}

function sum(tally: ScanTally, change: Partial<ScanTally>): ScanTally {
  return {
    listed: tally.listed + (change.listed ?? 0),
    created: tally.created + (change.created ?? 0),
    updated: tally.updated + (change.updated ?? 0),
    deleted: tally.deleted + (change.deleted ?? 0),
  };
}

/** A list as it is on record. */
export interface CollectionRow {
  readonly number: number;
  readonly kind: Collection["kind"];
  readonly directory_id: string | null;
  readonly group_id: string | null;
  readonly state: "open" | "listed" | "done";
  readonly after: string | null;
  readonly floor_seq: number | null;
}

/** What an id in a list refers to. */
export function referenceOf({ kind, directory_id, group_id }: CollectionRow, id: string): Reference {
  if (kind === "directory") return { kind, id };
  const directoryId = directory_id ?? "";
  return kind === "membership" ? { kind, directoryId, groupId: group_id ?? "", userId: id } : { kind, directoryId, id };
}

interface BrakeRow {
  readonly directory_id: string;
  readonly kind: Reference["kind"];
  readonly count: number;
  readonly total: number;
  readonly approved: number;
}

function toBrake({ directory_id: directoryId, kind, count, total, approved }: BrakeRow): Brake {
  return { directoryId, kind, count, total, isApproved: approved === 1 };
}

interface RecordStatements {
  readonly request: SqliteStatement<[object], string>;
  readonly open: SqliteStatement<[], ScanRow>;
  readonly newest: SqliteStatement<[], ScanRow>;
  readonly newestWhole: SqliteStatement<[], PastScan>;
  readonly byId: SqliteStatement<[string], ScanRow>;
  readonly setState: SqliteStatement<[state: string, id: string]>;
  readonly begin: SqliteStatement<[atMs: number, id: string]>;
  readonly end: SqliteStatement<[state: string, atMs: number, problem: string | null, id: string]>;
  readonly restart: SqliteStatement<[]>;
  readonly tally: SqliteStatement<[object]>;
  readonly collections: SqliteStatement<[], { readonly known: number; readonly done: number | null }>;
  readonly brakes: SqliteStatement<[], BrakeRow>;
  /** Forgets lists, deletions and brakes; a plan stays until the next one. */
  readonly clear: () => void;
}

function prepare(database: SqliteDatabase): RecordStatements {
  const tables = ["scan_collection", "scan_seen", "scan_removal", "scan_brake"];
  const clearing = tables.map((table) => database.prepare(`DELETE FROM ${table}`));
  return {
    request: database
      .prepare<[object], string>(
        `INSERT INTO scan (id, cause, scope, dry_run, state, requested_at)
         SELECT 'scan_' || substr(instance_id, 1, 8) || '_' || (SELECT coalesce(max(number), 0) + 1 FROM scan),
           @cause, @scope, @isDryRun, 'requested', @atMs FROM stream RETURNING id`,
      )
      .pluck(),
    open: database.prepare(`SELECT * FROM scan WHERE NOT ${isOver} ORDER BY number DESC LIMIT 1`),
    newest: database.prepare("SELECT * FROM scan ORDER BY number DESC LIMIT 1"),
    newestWhole: database.prepare(
      `SELECT state, requested_at AS requestedAtMs, ended_at AS endedAtMs FROM scan
       WHERE dry_run = 0 AND cause <> 'late' AND scope ->> 'directoryIds' IS NULL AND scope ->> 'organizationId' IS NULL
       ORDER BY number DESC LIMIT 1`,
    ),
    byId: database.prepare("SELECT * FROM scan WHERE id = ?"),
    setState: database.prepare("UPDATE scan SET state = ? WHERE id = ?"),
    begin: database.prepare("UPDATE scan SET state = 'running', started_at = ? WHERE id = ?"),
    end: database.prepare("UPDATE scan SET state = ?, ended_at = ?, problem = ? WHERE id = ?"),
    restart: database.prepare(
      `UPDATE scan SET state = 'requested', attempt = attempt + 1, tallies = '{}', overtaken = 0, users_expected = NULL
       WHERE NOT ${isOver}`,
    ),
    tally: database.prepare(
      `UPDATE scan SET tallies = @tallies, requests = requests + @requests, overtaken = overtaken + @overtaken,
         users_expected = coalesce(users_expected + coalesce(@users, 0), @users) WHERE id = @id`,
    ),
    collections: database.prepare("SELECT count(*) AS known, sum(state = 'done') AS done FROM scan_collection"),
    brakes: database.prepare("SELECT * FROM scan_brake ORDER BY directory_id, kind"),
    clear: () => {
      for (const statement of clearing) statement.run();
    },
  };
}
