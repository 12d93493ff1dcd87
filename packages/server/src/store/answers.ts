import type { Kysely } from "kysely";
import type { Answers } from "./model.ts";
import type { Tables } from "./tables.ts";

/** Kept answers on any database Kysely speaks to. */
export function answersOn(db: Kysely<Tables>): Answers {
  return {
    find: (keyDigest) => db.selectFrom("answer").selectAll().where("key_digest", "=", keyDigest).executeTakeFirst(),
    insert: async (row) => {
      await db.insertInto("answer").values(row).execute();
    },
    removeUntil: async (madeMs) => {
      await answersUntil(db, madeMs).execute();
    },
  };
}

/** Forgets what was made until then. */
export function answersUntil(db: Kysely<Tables>, madeMs: number) {
  return db.deleteFrom("answer").where("made_ms", "<=", madeMs);
}
