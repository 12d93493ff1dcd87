/**
 * What upstream has, as a fold of the journal.
 *
 * An event carries the whole state of what it is about, so it replaces the row, or empties it. Which of two is the later
 * one is decided by their places in upstream's log and by nothing else: ids and times are not made to be compared, and a
 * change of memberships does not move a user's `updated_at`. Where a thing ends, what lies below it ends with it, because
 * it stands before that end (see the migration); what is read late and stands before it as well does not come back.
 */
import type { DirectoryEvent } from "@dirsync/sdk";
import { idOf } from "../entity.ts";
import { stateTextOf } from "../journal/event-text.ts";
import type { SqliteDatabase } from "../journal/sqlite.ts";
import { emailOf } from "./email.ts";
import { type FoldStatements, prepareFold } from "./statements.ts";

/** An event with its position in the journal. */
export interface Folded {
  readonly seq: number;
  /** Where it stands in upstream's log: at `seq`, or between two positions when it was found late. */
  readonly place: number;
  readonly event: DirectoryEvent;
  /** `stateTextOf` what it says, where that has been made already. */
  readonly state?: string;
  /** True when upstream's log does not have it: a scan has found what it says. Default false. */
  readonly isMadeHere?: boolean;
}

type Data = Readonly<Record<string, unknown>>;

/** Writes the mirror. Whoever calls has begun the transaction in which the event is appended. */
export class Mirror {
  readonly #sql: FoldStatements;

  constructor(database: SqliteDatabase) {
    this.#sql = prepareFold(database);
  }

  /** Takes an event in that the journal did not have. Names it does not know, and what lacks an id, change nothing. */
  fold(folded: Folded): void {
    const { data } = folded.event;
    switch (folded.event.event) {
      case "dsync.user.created":
      case "dsync.user.updated":
        this.#user(folded, data, folded.state);
        break;
      case "dsync.group.user_added":
        this.#membership(folded, 1);
        break;
      case "dsync.group.user_removed":
        this.#membership(folded, 0);
        break;
      case "dsync.user.deleted":
        this.#end("endUser", folded);
        break;
      case "dsync.group.created":
      case "dsync.group.updated":
        this.#group(folded, data, folded.state);
        break;
      case "dsync.group.deleted":
        this.#end("endGroup", folded);
        break;
      case "dsync.activated":
        this.#directory(folded);
        break;
      case "dsync.deleted":
        this.#endDirectory(folded);
        break;
      default:
    }
  }

  #directory(folded: Folded): void {
    const { seq, place, event } = folded;
    const { data } = event;
    const id = idOf(data);
    if (id === null) return;
    if (this.#sql.putDirectory.run(id, JSON.stringify(data), seq, place, returnOf(folded)).changes > 0) return;
    this.#sql.noteReturn.directory.run(place, id, place, place);
  }

  #endDirectory({ seq, place, event: { data } }: Folded): void {
    const id = idOf(data);
    if (id !== null) this.#sql.endDirectory.run(id, seq, place, place, place);
  }

  #user(folded: Folded, data: Data, body = stateTextOf(data)): void {
    const { seq, place, event } = folded;
    const id = idOf(data);
    if (id === null) return;
    const [directory, email] = [textOrNull(data["directory_id"]), emailOf(data)];
    // An index is written again for each column that is set, even to what it was, so nearly all changes go this way.
    const isNew = event.event === "dsync.user.created";
    if (!isNew && this.#sql.changeUser.run(body, seq, place, id, place, directory, email).changes > 0) return;
    if (this.#sql.putUser.run(id, directory, email, body, seq, place, returnOf(folded)).changes > 0) return;
    this.#sql.noteReturn.user.run(place, id, place, place);
  }

  #group(folded: Folded, data: Data, body = stateTextOf(data)): void {
    const { seq, place } = folded;
    const id = idOf(data);
    if (id === null) return;
    const [directory, since] = [textOrNull(data["directory_id"]), returnOf(folded)];
    if (this.#sql.putGroup.run(id, directory, body, seq, place, since).changes > 0) return;
    this.#sql.noteReturn.group.run(place, id, place, place);
  }

  #end(statement: "endUser" | "endGroup", { seq, place, event: { data } }: Folded): void {
    const id = idOf(data);
    if (id !== null) this.#sql[statement].run(id, textOrNull(data["directory_id"]), seq, place, place, place);
  }

  #membership(folded: Folded, isMember: 0 | 1): void {
    const { seq, place, event } = folded;
    const { user, group } = event.data;
    const [userId, groupId] = [idOf(user), idOf(group)];
    if (userId === null || groupId === null) return;
    const directory = textOrNull(event.data["directory_id"] ?? (group as Data)["directory_id"]);
    this.#sql.putMembership.run(groupId, userId, directory, isMember, seq, place);
    if (isMember === 0) return;
    // Where reading began in the middle of the log, this may be all that is known of them. It is no news of those that
    // are known: their own events say more, and a deleted one stays deleted.
    if (this.#sql.hasUser.get(userId) === undefined) this.#user(folded, user as Data);
    if (this.#sql.hasGroup.get(groupId) === undefined) this.#group(folded, group as Data);
  }
}

/**
 * The place up to which nothing is there again of what was below, when something returns. What a scan finds to have
 * returned did so earlier, at a place that a gap has swallowed, and what the log said since is true.
 */
function returnOf({ place, isMadeHere = false }: Folded): number {
  return isMadeHere ? 0 : place;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
