// What an app writes: one function for each event it cares about. Every function may be called twice with the same
// event, so each one says what should be, never what to add.
import type { TortureHarness } from "@dirsync/cli";
import type { Handlers } from "@dirsync/consumer";
import type { DirectoryUser } from "@dirsync/sdk";
import { noteReceived, openAppDatabase } from "./app-database.js";

const database = openAppDatabase(process.env["DEMO_DATABASE"] ?? "app.db");

const saveAccount = database.prepare(
  `INSERT INTO accounts (user_id, directory_id, email, name, job, access) VALUES (@id, @directory, @email, @name, @job, @access)
   ON CONFLICT (user_id) DO UPDATE SET email = @email, name = @name, job = @job, access = @access`,
);
const removeAccess = database.prepare("UPDATE accounts SET access = 'none' WHERE user_id = ?");
const leaveTeams = database.prepare("DELETE FROM team_members WHERE user_id = ?");
const saveTeam = database.prepare("INSERT OR REPLACE INTO teams (group_id, name) VALUES (?, ?)");
const removeTeam = database.prepare("DELETE FROM teams WHERE group_id = ?");
const addMember = database.prepare("INSERT OR IGNORE INTO team_members (group_id, user_id) VALUES (?, ?)");
const removeMember = database.prepare("DELETE FROM team_members WHERE group_id = ? AND user_id = ?");

const handlers: Handlers = {
  "dsync.user.created": (event) => apply(event, () => save(event.data)),
  "dsync.user.updated": (event) => apply(event, () => save(event.data)),
  "dsync.user.deleted": (event) =>
    apply(event, () => {
      removeAccess.run(event.data.id);
      leaveTeams.run(event.data.id);
    }),
  "dsync.group.created": (event) => apply(event, () => saveTeam.run(event.data.id, event.data.name)),
  "dsync.group.updated": (event) => apply(event, () => saveTeam.run(event.data.id, event.data.name)),
  "dsync.group.deleted": (event) => apply(event, () => removeTeam.run(event.data.id)),
  "dsync.group.user_added": (event) => apply(event, () => addMember.run(event.data.group.id, event.data.user.id)),
  "dsync.group.user_removed": (event) => apply(event, () => removeMember.run(event.data.group.id, event.data.user.id)),
  "*": (event) => apply(event, () => undefined),
};

export default handlers;

/** Lets `dirsync torture --handlers handlers.ts` see what became of the app. */
export const torture: TortureHarness = {
  reset: () => {
    for (const table of ["accounts", "teams", "team_members", "received"]) database.exec(`DELETE FROM ${table}`);
  },
  snapshot: () => ({
    accounts: database.prepare("SELECT user_id, email, name, job, access FROM accounts").all(),
    teams: database.prepare("SELECT group_id, name FROM teams").all(),
    members: database.prepare("SELECT group_id, user_id FROM team_members").all(),
  }),
};

/** Runs an effect and the note of it in one transaction. */
function apply(event: { readonly id: string }, effect: () => unknown): void {
  database.transaction(() => {
    effect();
    noteReceived(database, "accounts", event.id);
  })();
}

function save(user: DirectoryUser): void {
  const job = user.custom_attributes?.["job_title"];
  saveAccount.run({
    id: user.id,
    directory: user.directory_id,
    email: user.email ?? "",
    name: [user.first_name, user.last_name].join(" "),
    job: typeof job === "string" ? job : "",
    // The line it is all about: whoever is not active has no access, from this event on.
    access: user.state === "active" ? "full" : "none",
  });
}
