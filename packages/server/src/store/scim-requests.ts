import type { Kysely } from "kysely";
import { prepared } from "./connection.ts";
import type { Connection } from "./connection.ts";
import type { ScimRequestFilter, ScimRequests } from "./scim-request-model.ts";
import type { NewScimRequest, ScimRequestRow, Tables } from "./tables.ts";
import { within, type Window } from "./windows.ts";

/** The log of SCIM requests on SQLite. */
export function scimRequestsOn(connection: Connection): ScimRequests {
  const { db } = connection;
  return {
    append: async (rows) => {
      for (const row of rows) connection.run(requestKept, row);
    },
    find: (id) => db.selectFrom("scim_request").selectAll().where("id", "=", id).executeTakeFirst(),
    page: async (filter, window) => {
      const rows = await scimRequestPage(db, filter, window).execute();
      return rows satisfies ScimRequestRow[];
    },
    prune: async ({ rowsMax, beforeMs }) => {
      await db.deleteFrom("scim_request").where("at_ms", "<", beforeMs).execute();
      const newest = await db
        .selectFrom("scim_request")
        .select("seq")
        .orderBy("seq", "desc")
        .limit(1)
        .executeTakeFirst();
      if (newest === undefined) return;
      await db
        .deleteFrom("scim_request")
        .where("seq", "<=", newest.seq - rowsMax)
        .execute();
    },
  };
}

/**
 * A page of requests. Statuses have no index: it would cost each request more than walking what is kept, which is a bounded
 * number of rows.
 */
export function scimRequestPage(
  db: Kysely<Tables>,
  { directorySeq, statusFrom, statusTo }: ScimRequestFilter,
  window: Window,
) {
  return db
    .selectFrom("scim_request")
    .selectAll()
    .where(within("scim_request.seq", window))
    .where("status", ">=", statusFrom)
    .where("status", "<=", statusTo)
    .$if(directorySeq !== undefined, (query) => query.where("directory_seq", "=", directorySeq ?? 0))
    .orderBy("seq", window.direction)
    .limit(window.limit);
}

const requestKept = prepared((db, row: NewScimRequest) =>
  db
    .insertInto("scim_request")
    .values({
      id: row.id,
      directory_seq: row.directory_seq,
      directory_id: row.directory_id,
      at_ms: row.at_ms,
      method: row.method,
      path: row.path,
      status: row.status,
      duration_ms: row.duration_ms,
      user_agent: row.user_agent,
      request_body: row.request_body,
      response_body: row.response_body,
      is_whole: row.is_whole,
      if_match: row.if_match,
      if_none_match: row.if_none_match,
    } satisfies NewScimRequest)
    .onConflict((conflict) => conflict.column("id").doNothing()),
);
