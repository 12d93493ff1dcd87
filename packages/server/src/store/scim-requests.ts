import { prepared } from "./connection.ts";
import type { Connection } from "./connection.ts";
import type { ScimRequests } from "./scim-request-model.ts";
import type { NewScimRequest, ScimRequestRow } from "./tables.ts";
import { within } from "./windows.ts";

/** The log of SCIM requests on SQLite. */
export function scimRequestsOn(connection: Connection): ScimRequests {
  const { db } = connection;
  return {
    append: async (rows) => {
      for (const row of rows) connection.run(requestKept, row);
    },
    find: (id) => db.selectFrom("scim_request").selectAll().where("id", "=", id).executeTakeFirst(),
    page: async ({ directorySeq, statusFrom, statusTo }, window) => {
      const rows = await db
        .selectFrom("scim_request")
        .selectAll()
        .where(within("scim_request.seq", window))
        .where("status", ">=", statusFrom)
        .where("status", "<=", statusTo)
        .$if(directorySeq !== undefined, (query) => query.where("directory_seq", "=", directorySeq ?? 0))
        .orderBy("seq", window.direction)
        .limit(window.limit)
        .execute();
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
