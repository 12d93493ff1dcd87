import type { Kysely } from "kysely";
import type { Organizations, Window } from "./model.ts";
import type { Tables } from "./tables.ts";
import { containing, within } from "./windows.ts";

/** Organizations on any database Kysely speaks to. */
export function organizationsOn(db: Kysely<Tables>): Organizations {
  return {
    insert: (row) => db.insertInto("organization").values(row).returningAll().executeTakeFirstOrThrow(),
    find: (id) => db.selectFrom("organization").selectAll().where("id", "=", id).executeTakeFirst(),
    findBySeq: (seq) => db.selectFrom("organization").selectAll().where("seq", "=", seq).executeTakeFirst(),
    findByExternalId: (externalId) =>
      db.selectFrom("organization").selectAll().where("external_id", "=", externalId).executeTakeFirst(),
    list: (filter, window) => organizationList(db, filter, window).execute(),
  };
}

/** A page of organizations. */
export function organizationList(db: Kysely<Tables>, filter: { readonly nameContains?: string }, window: Window) {
  const { nameContains } = filter;
  return db
    .selectFrom("organization")
    .selectAll()
    .where(within("organization.seq", window))
    .$if(nameContains !== undefined, (query) => query.where(containing("organization.name", nameContains ?? "")))
    .orderBy("seq", window.direction)
    .limit(window.limit);
}
