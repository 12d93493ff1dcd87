import type { Related } from "./related.ts";
import type { UserRow } from "./tables.ts";

/** A user as memberships see it. */
export interface MemberRow {
  readonly seq: number;
  readonly id: string;
  readonly is_announced: number;
  readonly resource: string;
  readonly body: string;
}

/** A user as a member list shows it. */
export type NamedMember = Pick<MemberRow, "seq" | "id" | "resource">;

/** A group by its place and its id. */
export interface PlacedGroup {
  readonly seq: number;
  readonly id: string;
}

/** Members are rows of their own, so that adding one costs the same in a group of ten and of a hundred thousand. */
export interface Memberships {
  /** Those of the users that are still there, in creation order. */
  named(userSeqs: readonly number[]): Promise<NamedMember[]>;
  /** Every member's seq, in creation order. Only for operations that speak of the whole group. */
  allSeqs(groupSeq: number): Promise<number[]>;
  /** Members in creation order after `above`. */
  after(groupSeq: number, above: number, limit: number): Promise<UserRow[]>;
  /** Members in creation order, `offset` of them left out. */
  page(groupSeq: number, offset: number, limit: number): Promise<UserRow[]>;
  /** The seqs of the members who meet a condition, in creation order. One on their id or name reads no others. */
  where(groupSeq: number, related: Related): Promise<number[]>;
  /** Those of the users who meet a condition. */
  meeting(userSeqs: readonly number[], related: Related): Promise<number[]>;
  /**
   * Groups with a member who meets a condition, and where to go on: users are looked at in creation order, some at a time,
   * from `above` on. Null when there are no more.
   */
  groupsWith(
    related: Related,
    above: number,
  ): Promise<{ readonly groups: PlacedGroup[]; readonly next: number | null }>;
  /** The ids of those of the users who are in a group that meets a condition. */
  usersIn(related: Related, userSeqs: readonly number[]): Promise<string[]>;
  /** Which of these users are members. */
  present(groupSeq: number, userSeqs: readonly number[]): Promise<ReadonlySet<number>>;
  usersBySeq(userSeqs: readonly number[]): Promise<MemberRow[]>;
  add(groupSeq: number, userSeqs: readonly number[]): Promise<void>;
  remove(groupSeq: number, userSeqs: readonly number[]): Promise<void>;
}
