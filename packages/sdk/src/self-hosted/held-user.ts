import { literal, object, text, type Check } from "../contract/check.ts";

/** Somebody who is stored and does not come through (GET /directories/:id/held_users of a Dirsync server). */
export interface HeldUser {
  readonly object: "held_user";
  /** The id it is announced under once it comes through. */
  readonly id: string;
  readonly directory_id: string;
  readonly user_name: string;
  /** `inactive`, or a word of later days. */
  readonly state: string;
  /** Why it is held: `inactive` in a directory that does not keep inactive users, or a word of later days. */
  readonly reason: string;
  /** The reason in words, and what ends it. */
  readonly message: string;
  /** When the identity provider last changed it, ISO 8601. */
  readonly updated_at: string;
  readonly [field: string]: unknown;
}

/** What is looked at of each held user, before it is handed on. */
export const heldUserCheck: Check<HeldUser> = object({
  object: literal("held_user"),
  id: text,
  directory_id: text,
  user_name: text,
  state: text,
  reason: text,
  message: text,
  updated_at: text,
});
