/** Compares the mirror of a state file with what the events in it come to when they are folded anew. */
import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { Reference } from "../scan/model.ts";
import { foldKept, type OnFolded } from "./past.ts";

/** One thing that is not in the mirror as the journal says. */
export interface MirrorDifference {
  readonly reference: Reference;
  /** `missing`: it is to be here and is not. `extra`: it is here and is not to be. `other`: it is here, as something else. */
  readonly problem: "missing" | "extra" | "other";
}

/** What a comparison has come to. */
export interface MirrorCheck {
  /** Events that were folded. */
  readonly events: number;
  /** Directories, users, groups and memberships that were compared. */
  readonly compared: number;
  /** Those of which nothing can be said, because events about them were forgotten, or a person's data purged from them. */
  readonly untold: number;
  readonly differences: number;
  /** The first of them, in the order of their ids. */
  readonly found: readonly MirrorDifference[];
}

/** Differences that are told one by one. */
const foundMax = 1_000;

const kinds = ["directory", "user", "group", "membership"] as const;

/** Whoever calls has begun a transaction on the file, which is only read. */
export function checkFold(source: SqliteDatabase, onProgress?: OnFolded): MirrorCheck {
  const { database, events } = foldKept(source, onProgress);
  try {
    const doubts = new Untold(source);
    const tally = { events, compared: 0, untold: 0, differences: 0 };
    const found: MirrorDifference[] = [];
    for (const kind of kinds) {
      for (const pair of pairs(rowsOf(source, kind), rowsOf(database, kind))) {
        tally.compared += 1;
        const problem = problemOf(pair);
        if (problem === null) continue;
        if (doubts.isUntold(kind, pair)) {
          tally.untold += 1;
          continue;
        }
        tally.differences += 1;
        if (found.length < foundMax) found.push({ reference: referenceOf(kind, pair), problem });
      }
    }
    return { ...tally, found };
  } finally {
    database.close();
  }
}

/** A row of the mirror, shown by its view or not. */
interface Row {
  /** Of a membership, of its user. */
  readonly id: string;
  /** Of a membership; otherwise empty. */
  readonly group_id: string;
  readonly directory_id: string | null;
  readonly seq: number;
  readonly place: number;
  /** What the views show of it, as JSON; null when they do not. */
  readonly said: string | null;
  /** 1 when it was deleted by itself; what ended with something above it is 0. */
  readonly is_ended: 0 | 1;
}

/** One thing, as it is here and as the events say. */
interface Pair {
  readonly here: Row | null;
  readonly told: Row | null;
}

function problemOf({ here, told }: Pair): MirrorDifference["problem"] | null {
  const [is, ought] = [here?.said ?? null, told?.said ?? null];
  if (is === ought && (is === null || here?.seq === told?.seq)) return null;
  if (is === null) return "missing";
  return ought === null ? "extra" : "other";
}

/** Walks two lists that are in the same order. */
function* pairs(here: IterableIterator<Row>, told: IterableIterator<Row>): Generator<Pair> {
  let [one, other] = [next(here), next(told)];
  while (one !== null || other !== null) {
    const order = one === null ? 1 : other === null ? -1 : orderOf(one, other);
    yield { here: order <= 0 ? one : null, told: order >= 0 ? other : null };
    if (order <= 0) one = next(here);
    if (order >= 0) other = next(told);
  }
}

function next(rows: IterableIterator<Row>): Row | null {
  const { done, value } = rows.next() as IteratorResult<Row, undefined>;
  return done === true ? null : value;
}

/** As SQLite orders text: by its bytes, which is not how strings are compared here. */
function orderOf(one: Row, other: Row): number {
  const ofGroups = order(one.group_id, other.group_id);
  return ofGroups === 0 ? order(one.id, other.id) : ofGroups;
}

function order(one: string, other: string): number {
  return one === other ? 0 : Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/**
 * What the events that are left cannot tell. What is here was folded from these and from others, so that much may differ by
 * right; what may not is told below.
 */
class Untold {
  readonly #prunedSeq: number;
  readonly #hasBlank: boolean;
  /** True when the events that are left are all there were, each as it was and at its place. */
  readonly #isWhole: boolean;
  readonly #event: SqliteStatement<[number], EventFacts>;
  readonly #erasedSeq: SqliteStatement<[string], number>;

  constructor(source: SqliteDatabase) {
    const has = (what: string): boolean =>
      source.prepare(`SELECT 1 FROM event WHERE ${what} LIMIT 1`).get() !== undefined;
    this.#prunedSeq = Number(source.prepare("SELECT pruned_seq FROM stream").pluck().get());
    this.#hasBlank = has("flags & 4");
    this.#isWhole = this.#prunedSeq === 0 && !this.#hasBlank && !has("flags & 1 AND place IS NULL");
    this.#event = source.prepare("SELECT type, entity, flags FROM event WHERE seq = ?");
    this.#erasedSeq = source
      .prepare<[string], number>("SELECT seq FROM mirror_user WHERE id = ? AND body IS NULL")
      .pluck();
  }

  isUntold(kind: Reference["kind"], { here, told }: Pair): boolean {
    if (this.#isWhole) return false;
    const [writer, teller] = [here, told].map((row) => (row === null ? undefined : this.#event.get(row.seq)));
    const isBlank = [writer, teller].some((event) => event !== undefined && (event.flags & 4) !== 0);
    if (isBlank || (this.#hasBlank && this.#isErased(kind, here ?? told))) return true;
    // An event that is left is about it, or knows of it.
    if (here === null) return this.#hasBlank && kind === "membership";
    if (told === null) return here.seq <= this.#prunedSeq;
    // Both are by one event.
    if (here.seq === told.seq) return here.is_ended === told.is_ended && (here.said === null || told.said === null);
    // An event that is left, and about the thing itself, came later than what it is by here.
    return told.place <= here.place || teller?.entity !== keyOf(kind, told);
  }

  /** Who was erased ends without an event that says so. */
  #isErased(kind: Reference["kind"], row: Row | null): boolean {
    if (row === null || (kind !== "user" && kind !== "membership")) return false;
    const seq = this.#erasedSeq.get(row.id);
    return seq !== undefined && this.#event.get(seq)?.type !== "dsync.user.deleted";
  }
}

interface EventFacts {
  readonly type: string;
  readonly entity: string;
  readonly flags: number;
}

function keyOf(kind: Reference["kind"], { id, group_id }: Row): string {
  return kind === "membership" ? `membership:${group_id}:${id}` : `${kind}:${id}`;
}

function referenceOf(kind: Reference["kind"], { here, told }: Pair): Reference {
  const { id = "", group_id: groupId = "", directory_id = null } = here ?? told ?? {};
  if (kind === "directory") return { kind, id };
  const directoryId = directory_id ?? "";
  return kind === "membership" ? { kind, directoryId, groupId, userId: id } : { kind, directoryId, id };
}

function rowsOf(database: SqliteDatabase, kind: Reference["kind"]): IterableIterator<Row> {
  return database.prepare<[], Row>(queries[kind]).iterate();
}

const queries: Readonly<Record<Reference["kind"], string>> = {
  directory: of("directory", "directories", "view.body"),
  user: of("user", "users", "json_array(view.directory_id, view.email, view.body)"),
  group: of("group", "groups", "json_array(view.directory_id, view.body)"),
  membership: `SELECT row.user_id AS id, row.group_id, row.directory_id, row.seq, row.place, row.is_member = 0 AS is_ended,
      iif(view.user_id IS NULL, NULL, json_array(view.directory_id)) AS said
    FROM mirror_membership AS row
    LEFT JOIN memberships AS view ON view.group_id = row.group_id AND view.user_id = row.user_id
    ORDER BY row.group_id, row.user_id`,
};

function of(kind: "directory" | "user" | "group", view: string, said: string): string {
  const directory = kind === "directory" ? "NULL" : "row.directory_id";
  return `SELECT row.id, '' AS group_id, ${directory} AS directory_id, row.seq, row.place, row.body IS NULL AS is_ended,
      iif(view.id IS NULL, NULL, ${said}) AS said
    FROM mirror_${kind} AS row LEFT JOIN ${view} AS view ON view.id = row.id ORDER BY row.id`;
}
