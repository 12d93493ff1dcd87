import type { Kysely } from "kysely";
import type { PortalSessions } from "./portal-model.ts";
import type { Tables } from "./tables.ts";

/** Portal links and sessions on any database Kysely speaks to. */
export function portalSessionsOn(db: Kysely<Tables>): PortalSessions {
  const all = () => db.selectFrom("portal_session").selectAll();
  return {
    insert: (row) => db.insertInto("portal_session").values(row).returningAll().executeTakeFirstOrThrow(),
    findByLink: (linkDigest) => all().where("link_digest", "=", linkDigest).executeTakeFirst(),
    findBySession: (sessionDigest) => all().where("session_digest", "=", sessionDigest).executeTakeFirst(),
    update: async (seq, changes) => {
      await db.updateTable("portal_session").set(changes).where("seq", "=", seq).execute();
    },
    removeEndedBefore: async (timeMs) => {
      await portalSessionsBefore(db, timeMs).execute();
    },
  };
}

/** Forgets the links that ended before then. */
export function portalSessionsBefore(db: Kysely<Tables>, timeMs: number) {
  return db.deleteFrom("portal_session").where("link_ends_ms", "<", timeMs);
}
