/** Mistakes that handlers make in the wild, each with the run of the torture that is made to find it. */
import type { Change } from "./tortured-app.ts";

/** A mistake, the run that is made to find it, and what must be found. */
export interface Mistake {
  readonly change: Change;
  readonly run: number;
  readonly flags?: readonly string[];
  readonly verdict: string;
  readonly fault: string | null;
  readonly event: string;
}

const user = "dsync.user.created";
const member = "dsync.group.user_added";

/** By what is wrong. */
export const mistakes: Readonly<Record<string, Mistake>> = {
  "a counter that is incremented": {
    change: {
      handlers: {
        [user]: `(event, context) => { save(event, context);
          run("INSERT INTO numbers VALUES ('joined', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"); }`,
      },
      snapshot: `numbers: all("SELECT * FROM numbers")`,
    },
    run: 2,
    verdict: "duplicated",
    fault: "again",
    event: user,
  },
  "an insert that fails on a duplicate": {
    change: {
      handlers: {
        [user]: `({ data }, { attempt }) => void run("INSERT INTO users VALUES (?, ?, ?, ?, ?, 0)",
          data.id, data.directory_id, data.email, data.state, attempt.seq)`,
      },
    },
    run: 2,
    verdict: "fails",
    fault: "again",
    event: user,
  },
  "a list that is appended to": {
    change: {
      handlers: {
        [member]: `(event, context) => { saveMember(event, context, 1);
          run("INSERT INTO notes VALUES (?)", event.data.user.email + " joined " + event.data.group.name); }`,
      },
      snapshot: `notes: all("SELECT text FROM notes")`,
    },
    run: 2,
    verdict: "duplicated",
    fault: "again",
    event: member,
  },
  "a deletion that fails when there is nothing left to delete": {
    change: {
      handlers: {
        "dsync.user.deleted": `(event, context) => {
          if (run("UPDATE users SET gone = 1, seq = ? WHERE id = ? AND gone = 0", context.attempt.seq, event.data.id) === 0)
            throw new Error("There is no such user."); }`,
      },
    },
    run: 2,
    verdict: "fails",
    fault: "again",
    event: "dsync.user.deleted",
  },
  "an effect that is not idempotent, before a crash": {
    change: {
      handlers: {
        [user]: `(event, context) => {
          if (all("SELECT id FROM seen WHERE id = ?", event.id).length > 0) return;
          run("INSERT INTO notes VALUES (?)", "welcome " + event.data.email);
          save(event, context);
          run("INSERT INTO seen VALUES (?)", event.id); }`,
      },
      snapshot: `notes: all("SELECT text FROM notes")`,
    },
    run: 7,
    verdict: "duplicated",
    fault: "crash_inside",
    event: user,
  },
  "an event that is noted as seen before its effect": {
    change: {
      handlers: {
        [user]: `(event, context) => {
          if (run("INSERT OR IGNORE INTO seen VALUES (?)", event.id) === 1) save(event, context); }`,
      },
    },
    run: 7,
    verdict: "lost",
    fault: "crash_inside",
    event: user,
  },
  "an error that is swallowed": {
    change: {
      handlers: { [user]: `(event, context) => { try { save(event, context); } catch { /* never mind */ } }` },
    },
    run: 6,
    verdict: "lost",
    fault: "refuse",
    event: user,
  },
  "state in memory": {
    change: {
      before: "const present = new Map();",
      handlers: {
        [user]: `(event, context) => { save(event, context); present.set(event.data.id, event.data.email); }`,
      },
      snapshot: "present: Object.fromEntries(present)",
    },
    run: 5,
    verdict: "lost",
    fault: "restart",
    event: "",
  },
  "a membership that is ignored while its user is missing": {
    change: {
      handlers: {
        [member]: `({ data }, { attempt }) => void run("INSERT OR REPLACE INTO members SELECT ?, id, 1, ? FROM users WHERE id = ?",
          data.group.id, attempt.seq, data.user.id)`,
      },
    },
    run: 15,
    verdict: "out_of_order",
    fault: "redrive",
    event: user,
  },
  "the last write wins, without fencing": {
    change: {
      handlers: {
        [member]: `(event, context) => { saveMember(event, context, 1);
          run("UPDATE users SET email = ?, state = ? WHERE id = ?", event.data.user.email, event.data.user.state, event.data.user.id); }`,
      },
    },
    run: 16,
    verdict: "out_of_order",
    fault: "redrive",
    event: member,
  },
  "people are told apart by their e-mail address": {
    change: {
      before: `const savePerson = ({ data }) => void run("INSERT OR REPLACE INTO numbers VALUES (?, ?)", data.email, data.state === "active" ? 1 : 0);`,
      handlers: {
        [user]: `(event, context) => { save(event, context); savePerson(event); }`,
        "dsync.user.updated": `(event, context) => { save(event, context); savePerson(event); }`,
      },
      snapshot: `people: all("SELECT * FROM numbers")`,
    },
    run: 12,
    verdict: "out_of_order",
    fault: "overtake",
    event: "",
  },
  "a write that nobody waits for": {
    change: {
      handlers: { [user]: `(event, context) => { setTimeout(() => save(event, context), 20); }` },
    },
    run: 1,
    verdict: "late",
    fault: null,
    event: user,
  },
  "a promise that rejects and that nobody waits for": {
    change: {
      handlers: {
        "dsync.group.created": `(event, context) => { saveGroup(event, context); void Promise.reject(new Error("nobody")); }`,
      },
    },
    run: 1,
    verdict: "unhandled",
    fault: null,
    event: "dsync.group.created",
  },
  "a promise that never settles": {
    change: { handlers: { "dsync.user.deleted": "() => new Promise(() => undefined)" } },
    run: 1,
    flags: ["--timeout", "500ms"],
    verdict: "hangs",
    fault: null,
    event: "dsync.user.deleted",
  },
  "a handler that ends the process": {
    change: { handlers: { "dsync.user.deleted": "() => process.exit(7)" } },
    run: 1,
    verdict: "exits",
    fault: null,
    event: "dsync.user.deleted",
  },
  "a handler that does not listen to its signal": {
    change: {
      handlers: {
        "dsync.user.deleted": `async (event, context) => {
          await new Promise((resolve) => setTimeout(resolve, 1_500));
          save(event, context, 1); }`,
      },
    },
    run: 10,
    flags: ["--timeout", "2s"],
    verdict: "ignores_abort",
    fault: "cut_off",
    event: "dsync.user.deleted",
  },
};
