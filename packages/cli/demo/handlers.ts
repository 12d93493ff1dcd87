// What an app writes: one function for each event it cares about. Every function may be called twice with the same
// event, so each one says what should be, never what to add.
import type { Handlers } from "@dirsync/consumer";
import { noteReceived, openAppDatabase } from "./app-database.mjs";

const database = openAppDatabase(process.env["DEMO_DATABASE"]);

const saveAccount = database.prepare(
  `INSERT INTO accounts (user_id, directory_id, email, name, job, access) VALUES (@id, @directory, @email, @name, @job, @access)
   ON CONFLICT (user_id) DO UPDATE SET email = @email, name = @name, job = @job, access = @access`,
);
const removeAccess = database.prepare("UPDATE accounts SET access = 'none' WHERE user_id = ?");
const saveTeam = database.prepare(
  "INSERT INTO teams VALUES (?, ?) ON CONFLICT (group_id) DO UPDATE SET name = excluded.name",
);
const removeTeam = database.prepare("DELETE FROM teams WHERE group_id = ?");
const addMember = database.prepare("INSERT OR IGNORE INTO team_members VALUES (?, ?)");
const removeMember = database.prepare("DELETE FROM team_members WHERE group_id = ? AND user_id = ?");
const leaveTeams = database.prepare("DELETE FROM team_members WHERE user_id = ?");

/** Runs an effect and the note of it in one transaction. */
function apply(event: { id: string }, effect: () => void): void {
  database.transaction(() => {
    effect();
    noteReceived(database, "accounts", event);
  })();
}

interface User {
  id: string;
  directory_id: string;
  email?: string | null | undefined;
  first_name?: string | null | undefined;
  last_name?: string | null | undefined;
  state: string;
  custom_attributes?: Record<string, unknown> | undefined;
}

function save(user: User): void {
  saveAccount.run({
    id: user.id,
    directory: user.directory_id,
    email: user.email ?? "",
    name: [user.first_name, user.last_name].join(" "),
    job: String(user.custom_attributes?.["job_title"] ?? ""),
    // The leaver's line: whoever is not active has no access, from this event on.
    access: user.state === "active" ? "full" : "none",
  });
}

const handlers: Handlers = {
  "dsync.user.created": (event) => apply(event, () => save(event.data)),
  "dsync.user.updated": (event) => apply(event, () => save(event.data)),
  "dsync.user.deleted": (event) =>
    apply(event, () => {
      removeAccess.run(event.data.id);
      leaveTeams.run(event.data.id);
    }),
  "dsync.group.created": (event) => apply(event, () => void saveTeam.run(event.data.id, event.data.name)),
  "dsync.group.updated": (event) => apply(event, () => void saveTeam.run(event.data.id, event.data.name)),
  "dsync.group.deleted": (event) => apply(event, () => void removeTeam.run(event.data.id)),
  "dsync.group.user_added": (event) => apply(event, () => void addMember.run(event.data.group.id, event.data.user.id)),
  "dsync.group.user_removed": (event) =>
    apply(event, () => void removeMember.run(event.data.group.id, event.data.user.id)),
  "*": (event) => apply(event, () => undefined),
};

export default handlers;
