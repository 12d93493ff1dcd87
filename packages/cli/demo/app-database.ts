// The demo app's database. An app has its own; this one is small enough to read in one go.
import Database from "better-sqlite3";

/** Opens the app's database, making its tables the first time. */
export function openAppDatabase(path: string): Database.Database {
  const database = new Database(path, { timeout: 5_000 });
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = NORMAL");
  database.exec(`
    CREATE TABLE IF NOT EXISTS accounts (user_id TEXT PRIMARY KEY, directory_id TEXT, email TEXT, name TEXT, job TEXT, access TEXT);
    CREATE TABLE IF NOT EXISTS teams (group_id TEXT PRIMARY KEY, name TEXT);
    CREATE TABLE IF NOT EXISTS team_members (group_id TEXT, user_id TEXT, PRIMARY KEY (group_id, user_id));
    CREATE TABLE IF NOT EXISTS badges (user_id TEXT PRIMARY KEY, opens_doors INTEGER);
    CREATE TABLE IF NOT EXISTS received (position INTEGER PRIMARY KEY, receiver TEXT, event_id TEXT, received_at INTEGER);
  `);
  return database;
}

/** Notes that an event arrived, in the transaction of its effect: the demo's evidence, kept by the receiver. */
export function noteReceived(database: Database.Database, receiver: string, eventId: string): void {
  database
    .prepare("INSERT INTO received (receiver, event_id, received_at) VALUES (?, ?, ?)")
    .run(receiver, eventId, Date.now());
}
