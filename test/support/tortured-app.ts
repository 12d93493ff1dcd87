/** A small app whose handlers are right, as a handler module, and what makes it wrong in the ways handlers are in the wild. */
import { createRequire } from "node:module";

/** What is different about a module: functions, handlers, and what its snapshot shows besides. */
export interface Change {
  /** Code in front of the handlers. */
  readonly before?: string;
  /** Handlers by event name that take the place of the right ones. */
  readonly handlers?: Readonly<Record<string, string>>;
  /** More fields of the snapshot. */
  readonly snapshot?: string;
  /** Without the export `torture`. */
  readonly isBare?: boolean;
}

const sqlite = createRequire(import.meta.url).resolve("better-sqlite3");

const right: Readonly<Record<string, string>> = {
  "dsync.user.created": "save",
  "dsync.user.updated": "save",
  "dsync.user.deleted": "(event, context) => save(event, context, 1)",
  "dsync.group.created": "saveGroup",
  "dsync.group.updated": "saveGroup",
  "dsync.group.deleted": "(event, context) => saveGroup(event, context, 1)",
  "dsync.group.user_added": "(event, context) => saveMember(event, context, 1)",
  "dsync.group.user_removed": "(event, context) => saveMember(event, context, 0)",
  "dsync.deleted": "(event) => { run('INSERT OR IGNORE INTO closed VALUES (?)', event.data.id); }",
};

/**
 * The source of a module. It stores by the service's ids, overwrites only what is older, and shows only what is left when
 * everything that was deleted is left out, whatever came first.
 */
export function torturedApp({ before = "", handlers = {}, snapshot = "", isBare = false }: Change = {}): string {
  const all = Object.entries({ ...right, ...handlers });
  return `import Database from ${JSON.stringify(sqlite)};
const db = new Database("app.db");
// Killed it is now and then, but never without power.
db.pragma("journal_mode = WAL");
db.pragma("synchronous = OFF");
db.exec(\`CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, directory TEXT, email TEXT, state TEXT, seq INTEGER, gone INTEGER);
  CREATE TABLE IF NOT EXISTS teams (id TEXT PRIMARY KEY, directory TEXT, name TEXT, seq INTEGER, gone INTEGER);
  CREATE TABLE IF NOT EXISTS members (team TEXT, user TEXT, is_in INTEGER, seq INTEGER, PRIMARY KEY (team, user));
  CREATE TABLE IF NOT EXISTS closed (directory TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS notes (text TEXT);
  CREATE TABLE IF NOT EXISTS numbers (name TEXT PRIMARY KEY, value INTEGER)\`);
const run = (sql, ...values) => db.prepare(sql).run(...values).changes;
const all = (sql, ...values) => db.prepare(sql).all(...values);
const save = ({ data }, { attempt }, gone = 0) => void run(
  \`INSERT INTO users VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET email = excluded.email, state = excluded.state,
    seq = excluded.seq, gone = excluded.gone WHERE excluded.seq >= seq\`,
  data.id, data.directory_id, data.email, data.state, attempt.seq, gone);
const saveGroup = ({ data }, { attempt }, gone = 0) => void run(
  \`INSERT INTO teams VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, seq = excluded.seq,
    gone = excluded.gone WHERE excluded.seq >= seq\`,
  data.id, data.directory_id, data.name, attempt.seq, gone);
const saveMember = ({ data }, { attempt }, isIn) => void run(
  \`INSERT INTO members VALUES (?, ?, ?, ?) ON CONFLICT (team, user) DO UPDATE SET is_in = excluded.is_in, seq = excluded.seq
    WHERE excluded.seq >= seq\`,
  data.group.id, data.user.id, isIn, attempt.seq);
${before}
export default {
${all.map(([name, code]) => `  ${JSON.stringify(name)}: ${code},`).join("\n")}
};
${isBare ? "" : harness(snapshot)}`;
}

function harness(more: string): string {
  return `const open = "gone = 0 AND directory NOT IN (SELECT directory FROM closed)";
export const torture = {
  reset: () => { for (const table of ["users", "teams", "members", "closed", "seen", "notes", "numbers"]) run("DELETE FROM " + table); },
  snapshot: () => ({
    users: all("SELECT id, email, state FROM users WHERE " + open),
    teams: all("SELECT id, name FROM teams WHERE " + open),
    members: all(\`SELECT team, user FROM members WHERE is_in = 1 AND team IN (SELECT id FROM teams WHERE \${open})
      AND user IN (SELECT id FROM users WHERE \${open})\`),
    ${more}
  }),
};`;
}
