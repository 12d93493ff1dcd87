import { sql } from "kysely";
import type { Kysely, RawBuilder } from "kysely";
import { nextTurn } from "../turns.ts";
import type { ListedKind, Tables } from "./tables.ts";

/** Rows that go with one turn of the event loop: some ten milliseconds of work. */
const rowsPerTurn = 250;

/** Removes a directory and all it holds, inside a write. Places in lists are kept of what had one. */
export async function removeDirectory(db: Kysely<Tables>, seq: number): Promise<void> {
  await eachTurn(() => removeSomeEmails(db, seq));
  await eachTurn(() => removeSome(db, "directory_user", seq));
  await eachTurn(() => removeSome(db, "directory_group", seq));
  await eachTurn(() => removeSome(db, "scim_request", seq));
  await bury(db, "directory", sql`seq = ${seq}`);
  await db.deleteFrom("directory").where("seq", "=", seq).execute();
}

/** Does it until it says that there is no more. */
async function eachTurn(removeRows: () => Promise<boolean>): Promise<void> {
  while (await removeRows()) await nextTurn();
}

async function removeSomeEmails(db: Kysely<Tables>, seq: number): Promise<boolean> {
  const ofDirectory = db.selectFrom("directory_user_email").where("directory_seq", "=", seq);
  const next = await ofDirectory
    .select("value_folded")
    .orderBy("value_folded")
    .limit(1)
    .offset(rowsPerTurn)
    .executeTakeFirst();
  const removed = db.deleteFrom("directory_user_email").where("directory_seq", "=", seq);
  await (next === undefined ? removed : removed.where("value_folded", "<=", next.value_folded)).execute();
  return next !== undefined;
}

type Held = "directory_user" | "directory_group" | "scim_request";

async function removeSome(db: Kysely<Tables>, table: Held, directorySeq: number): Promise<boolean> {
  const rows = await db
    .selectFrom(table)
    .select("seq")
    .where("directory_seq", "=", directorySeq)
    .orderBy("seq")
    .limit(rowsPerTurn)
    .execute();
  const upTo = rows.at(-1)?.seq;
  if (upTo === undefined) return false;
  // A member and its group are of one directory.
  if (table === "directory_user") await removeMembershipsOf(db, directorySeq, upTo);
  if (table !== "scim_request") await bury(db, table, sql`directory_seq = ${directorySeq} and seq <= ${upTo}`);
  await db.deleteFrom(table).where("directory_seq", "=", directorySeq).where("seq", "<=", upTo).execute();
  return true;
}

async function removeMembershipsOf(db: Kysely<Tables>, directorySeq: number, upTo: number): Promise<void> {
  await db
    .deleteFrom("membership")
    .where("user_seq", "in", (query) =>
      query
        .selectFrom("directory_user")
        .select("seq")
        .where("directory_seq", "=", directorySeq)
        .where("seq", "<=", upTo),
    )
    .execute();
}

/** Writes the tombstones of rows that are about to go. */
async function bury(
  db: Kysely<Tables>,
  table: Exclude<ListedKind, "organization" | "webhook_endpoint">,
  going: RawBuilder<unknown>,
): Promise<void> {
  await sql`insert into tombstone (id, kind, seq) select id, ${table}, seq from ${sql.table(table)} where ${going}`.execute(
    db,
  );
}
