import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { ScimRequests } from "./scim-request-model.ts";
import type { NewScimRequest, ScimRequestRow, Tables } from "./tables.ts";
import { within } from "./windows.ts";

/** The log of SCIM requests on SQLite. */
export function scimRequestsOn(db: Kysely<Tables>): ScimRequests {
  return {
    append: async (rows) => {
      // One statement for any number of rows, of which each costs a few microseconds.
      await sql`insert into scim_request (${columns})
        select ${fields} from json_each(${JSON.stringify(rows)}) where true on conflict (id) do nothing`.execute(db);
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

const names = [
  "id",
  "directory_seq",
  "directory_id",
  "at_ms",
  "method",
  "path",
  "status",
  "duration_ms",
  "user_agent",
  "request_body",
  "response_body",
  "is_whole",
  "if_match",
  "if_none_match",
] as const satisfies readonly (keyof NewScimRequest)[];

const columns = sql.raw(names.join(", "));
const fields = sql.raw(names.map((name) => `json_extract(value, '$.${name}')`).join(", "));
