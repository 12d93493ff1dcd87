import type { DirectoryEvent } from "@dirsync/sdk";
import { isBegun } from "../journal/begun.ts";
import type { SqliteDatabase, SqliteStatement } from "../journal/sqlite.ts";
import type { Failure } from "../model.ts";

/** How what is known about a user came to be. */
export interface Account {
  readonly userId: string;
  /** The user as it is; null when it is gone. */
  readonly user: Readonly<Record<string, unknown>> | null;
  readonly memberships: readonly AccountedMembership[];
  /** Every event that the journal has about it, its memberships, and the ends of what it belonged to, in upstream's order. */
  readonly events: readonly AccountedEvent[];
  /** Events up to this position may have been forgotten; 0 when none were. */
  readonly forgottenUpToSeq: number;
}

/** A group that the user is in, or was. */
export interface AccountedMembership {
  readonly groupId: string;
  /** Null when nothing is known of the group, or when it is gone. */
  readonly groupName: string | null;
  readonly isMember: boolean;
}

/** One event of an account. */
export interface AccountedEvent {
  readonly seq: number;
  readonly event: DirectoryEvent;
  /** When it was read, in epoch milliseconds. */
  readonly receivedAtMs: number;
  /** `late`: it was found later than its place in the log. `scan`: a scan found it, and made the event. */
  readonly origin: "upstream" | "late" | "scan";
  /** True when a person's data was purged from it. */
  readonly isBlank: boolean;
  /** True when what is known now is what this event said. */
  readonly isDecisive: boolean;
  readonly answers: readonly SinkAnswer[];
}

/** What became of an event at a sink. */
export interface SinkAnswer {
  readonly sink: string;
  /**
   * `finished`: delivered, or not wanted by the sink. `waiting`: not begun. `trying`: begun. `retrying`: failed, and to be
   * tried again. `dead`: given up. `parked`: behind one that was given up.
   */
  readonly state: "finished" | "waiting" | "trying" | "retrying" | "dead" | "parked";
  /** Tries that were begun, as long as they are on record; they are not of what is finished. */
  readonly attempts: number;
  /** When it was last tried, in epoch milliseconds; null when that is not on record. */
  readonly lastTriedAtMs: number | null;
  readonly failure: Failure | null;
}

const eventsMax = 1_000;

/** Finds out from the state file why things are as they are. */
export class Accounts {
  readonly #sql: AccountStatements;

  constructor(database: SqliteDatabase) {
    this.#sql = prepare(database);
  }

  /**
   * One account for each user that has this id or this e-mail address, in either case; none when nobody has. Given a
   * group's id or name, memberships of others are left out.
   */
  of(user: string, group?: string): readonly Account[] {
    return this.#idsOf(user).map((id) => this.#account(id, group));
  }

  #idsOf(user: string): readonly string[] {
    const known = this.#sql.idsOf.all(user, user);
    return known.length > 0 ? known : this.#sql.formerIdsOf.all(`user:${user}`, user);
  }

  #account(userId: string, group: string | undefined): Account {
    const memberships = this.#sql.memberships
      .all(userId)
      .filter(({ groupId, knownName }) => group === undefined || groupId === group || isSameName(knownName, group));
    const entities = this.#entities(userId, memberships);
    const decisive = new Set(this.#sql.decisive.all({ userId }));
    return {
      userId,
      user: parsed(this.#sql.user.get(userId)),
      memberships: memberships.map(({ groupId, groupName, isMember }) => ({
        groupId,
        groupName,
        isMember: isMember === 1,
      })),
      events: this.#sql.events
        .all({ entities: JSON.stringify(entities), eventsMax })
        .map((row) => this.#accounted(row, decisive)),
      forgottenUpToSeq: this.#sql.prunedSeq.get() ?? 0,
    };
  }

  #entities(userId: string, memberships: readonly MembershipRow[]): readonly string[] {
    const groups = memberships.flatMap(({ groupId }) => [`membership:${groupId}:${userId}`, `group:${groupId}`]);
    const directory = this.#sql.directoryOf.get(userId) ?? null;
    return [`user:${userId}`, ...groups, ...(directory === null ? [] : [`directory:${directory}`])];
  }

  #accounted({ seq, body, flags, received_at: receivedAtMs }: EventRow, decisive: ReadonlySet<number>): AccountedEvent {
    return {
      seq,
      event: JSON.parse(body) as DirectoryEvent,
      receivedAtMs,
      origin: (flags & 2) !== 0 ? "scan" : (flags & 1) !== 0 ? "late" : "upstream",
      isBlank: (flags & 4) !== 0,
      isDecisive: decisive.has(seq),
      answers: this.#sql.answers.all({ seq }).map((row) => answerOf(row)),
    };
  }
}

function answerOf({ sink, state, isPassed, attempts, last_at, failure }: AnswerRow): SinkAnswer {
  const why = failure === null ? null : (JSON.parse(failure) as Failure);
  return {
    sink,
    state: stateOf(state, isPassed === 1, why !== null),
    attempts: attempts ?? 0,
    lastTriedAtMs: last_at,
    failure: why,
  };
}

function stateOf(state: string | null, isPassed: boolean, hasFailed: boolean): SinkAnswer["state"] {
  if (state === null) return isPassed ? "finished" : "waiting";
  if (state === "done") return "finished";
  if (state === "dead" || state === "parked") return state;
  if (state === "inflight") return "trying";
  return hasFailed ? "retrying" : "waiting";
}

function isSameName(name: string | null, given: string): boolean {
  return name !== null && name.toLowerCase() === given.toLowerCase();
}

function parsed(body: string | undefined): Readonly<Record<string, unknown>> | null {
  return body === undefined ? null : (JSON.parse(body) as Readonly<Record<string, unknown>>);
}

interface MembershipRow {
  readonly groupId: string;
  readonly groupName: string | null;
  /** The name that the group has, or had when the journal last heard of it. */
  readonly knownName: string | null;
  readonly isMember: 0 | 1;
}

interface EventRow {
  readonly seq: number;
  readonly body: string;
  readonly flags: number;
  readonly received_at: number;
}

interface AnswerRow {
  readonly sink: string;
  readonly state: string | null;
  readonly isPassed: 0 | 1;
  readonly attempts: number | null;
  readonly last_at: number | null;
  readonly failure: string | null;
}

interface AccountStatements {
  readonly idsOf: SqliteStatement<[id: string, email: string], string>;
  readonly formerIdsOf: SqliteStatement<[entity: string, email: string], string>;
  readonly user: SqliteStatement<[string], string>;
  readonly directoryOf: SqliteStatement<[string], string | null>;
  readonly memberships: SqliteStatement<[string], MembershipRow>;
  readonly decisive: SqliteStatement<[{ userId: string }], number>;
  readonly events: SqliteStatement<[{ entities: string; eventsMax: number }], EventRow>;
  readonly answers: SqliteStatement<[{ seq: number }], AnswerRow>;
  readonly prunedSeq: SqliteStatement<[], number>;
}

function prepare(database: SqliteDatabase): AccountStatements {
  return {
    idsOf: database
      .prepare<[string, string], string>("SELECT id FROM mirror_user WHERE id = ? OR email = ? ORDER BY id")
      .pluck(),
    // Of one who is gone, only events still have the address.
    formerIdsOf: database
      .prepare<[string, string], string>(
        `SELECT DISTINCT substr(entity, 6) FROM event
         WHERE entity LIKE 'user:%' AND (entity = ? OR lower(body ->> '$.data.email') = lower(?)) ORDER BY 1`,
      )
      .pluck(),
    user: database.prepare<[string], string>("SELECT body FROM users WHERE id = ?").pluck(),
    directoryOf: database.prepare<[string], string | null>("SELECT directory_id FROM mirror_user WHERE id = ?").pluck(),
    memberships: database.prepare(
      `SELECT group_id AS groupId, groups.name AS groupName,
         coalesce(groups.name, (SELECT body ->> '$.data.name' FROM event
           WHERE entity = 'group:' || group_id AND flags & 4 = 0 ORDER BY seq DESC LIMIT 1)) AS knownName,
         EXISTS (SELECT 1 FROM memberships AS current
           WHERE current.group_id = row.group_id AND current.user_id = row.user_id) AS isMember
       FROM mirror_membership AS row LEFT JOIN groups ON groups.id = row.group_id
       WHERE row.user_id = ? ORDER BY group_id`,
    ),
    decisive: database
      .prepare<[{ userId: string }], number>(
        `SELECT seq FROM mirror_user WHERE id = @userId
         UNION SELECT seq FROM mirror_membership WHERE user_id = @userId
         UNION SELECT mirror_group.seq FROM mirror_membership JOIN mirror_group ON mirror_group.id = group_id
           WHERE user_id = @userId AND mirror_group.body IS NULL
         UNION SELECT mirror_directory.seq FROM mirror_user JOIN mirror_directory ON mirror_directory.id = directory_id
           WHERE mirror_user.id = @userId AND mirror_directory.body IS NULL`,
      )
      .pluck(),
    // Of a group, only its end tells something about its members.
    events: database.prepare(
      `SELECT * FROM (
         SELECT seq, body, flags, received_at, coalesce(place, seq) AS place FROM event
         WHERE entity IN (SELECT value FROM json_each(@entities))
           AND (entity NOT LIKE 'group:%' OR type LIKE '%.deleted')
         ORDER BY coalesce(place, seq) DESC, seq DESC LIMIT @eventsMax
       ) ORDER BY place, seq`,
    ),
    answers: database.prepare(
      `SELECT sink.name AS sink, coalesce(work.state, iif(${isBegun("@seq")}, 'inflight', NULL)) AS state,
         @seq <= sink.low_seq AS isPassed, coalesce(work.attempts, ${isBegun("@seq")}) AS attempts,
         coalesce(work.last_at, (SELECT value ->> 2 FROM json_each(sink.begun)
           WHERE @seq > sink.low_seq AND @seq BETWEEN value ->> 0 AND value ->> 1)) AS last_at, work.failure
       FROM sink LEFT JOIN work ON work.sink = sink.name AND work.seq = @seq ORDER BY sink.name`,
    ),
    prunedSeq: database.prepare<[], number>("SELECT pruned_seq FROM stream").pluck(),
  };
}
