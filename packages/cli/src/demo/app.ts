import { join } from "node:path";
import { openSqlite, type SqliteFile } from "../sqlite.ts";

/** Somebody as the app sees them. */
export interface Account {
  readonly name: string;
  readonly email: string;
  readonly directoryId: string;
  readonly job: string;
  readonly access: "full" | "none";
  readonly opensDoors: boolean;
  readonly teams: string;
}

/** One arrival, as the receiver itself wrote it down. */
export interface Arrival {
  readonly receiver: string;
  readonly eventId: string;
  readonly receivedAtMs: number;
}

/** The demo app's database, looked at from outside. */
export interface App {
  readonly path: string;
  /** Every arrival so far, in order. Empty before the app has started. */
  arrivals(): readonly Arrival[];
  accounts(): readonly Account[];
}

/** The two parts of the app that receive events. */
export const receivers = ["accounts", "badges"] as const;

/** The app in a folder. The database is made by the app, not here. */
export function appIn(folder: string): App {
  const path = join(folder, "app.db");
  return {
    path,
    arrivals: () =>
      query<Arrival>(
        path,
        `SELECT receiver, event_id AS eventId, received_at AS receivedAtMs FROM received ORDER BY position`,
      ),
    accounts: () =>
      query<Omit<Account, "opensDoors"> & { opensDoors: number }>(
        path,
        `SELECT accounts.name, email, directory_id AS directoryId, job, access, coalesce(opens_doors, 0) AS opensDoors,
           coalesce((SELECT group_concat(teams.name, ', ') FROM team_members JOIN teams USING (group_id)
             WHERE team_members.user_id = accounts.user_id), '') AS teams
         FROM accounts LEFT JOIN badges USING (user_id) ORDER BY accounts.rowid`,
      ).map((row) => ({ ...row, opensDoors: row.opensDoors === 1 })),
  };
}

function query<T>(path: string, sql: string): readonly T[] {
  let database: SqliteFile | undefined;
  try {
    database = openSqlite(path, { readonly: true });
    return database.prepare<[], T>(sql).all();
  } catch {
    // Not there yet: the app makes it when it starts.
    return [];
  } finally {
    database?.close();
  }
}
