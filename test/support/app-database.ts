import Database from "better-sqlite3";

/** The database of a reader's app: one account, of somebody who is in no directory. */
export function makeApp(path: string): void {
  const database = new Database(path);
  database.exec("CREATE TABLE accounts (email TEXT, enabled INTEGER); INSERT INTO accounts VALUES ('own@app.test', 1)");
  database.close();
}
