/** The settings that each sink may have of its own; the same holds for them as for `table.ts`. */
import { choice, count, duration, list, path, text, toggle } from "./kinds.ts";
import { conditions } from "./condition.ts";
import { optional, type SecretSetting, setting } from "./setting.ts";
import { directoryId, eventPattern } from "./start.ts";

/** How a sink is driven. At the top of the config file they are the defaults of all its sinks. */
export const sinkSettings = {
  lane: setting({
    kind: choice(["directory", "organization", "user", "group", "none"]),
    purpose: "what is delivered in order: one event at a time of each directory, organization, user or group, or none",
    standard: "directory",
  }),
  events: optional({
    kind: list(eventPattern, "names"),
    purpose: "events that it gets, by name; * stands for any part: dsync.user.*",
    standardText: "all",
  }),
  directory: optional({
    kind: list(directoryId, "ids"),
    purpose: "directories whose events it gets",
    standardText: "all",
  }),
  where: optional({
    kind: conditions,
    purpose: "conditions on the events it gets: data.state=active and data.role.slug!=admin; ~ and !~ take a *",
    standardText: "none",
  }),
  attempts: setting({
    kind: count({ min: 1, max: 1_000 }),
    purpose: "tries before an event becomes a dead letter",
    standard: 12,
  }),
  timeout: setting({
    kind: duration({ minMs: 10, maxMs: 3_600_000 }),
    purpose: "how long one try may take",
    standard: 30_000,
  }),
  concurrency: setting({
    kind: count({ min: 1, max: 1_024 }),
    purpose: "tries in flight at once, each of another lane",
    standard: 16,
  }),
  runMax: optional({
    kind: count({ min: 1, max: 1_000 }),
    purpose: "most events of a lane begun together, or given to a command at once: faster, and a crash repeats them",
    standardText: "1; 100 for --exec-batch, 32 for --stdout",
  }),
  onDeadLetter: setting({
    kind: choice(["continue", "park", "halt"]),
    purpose:
      "what to do when an event is given up: continue with the next one, park what is ordered behind it, or halt the sink until it is started again, which goes on behind it",
    standard: "continue",
  }),
  onUnknownEvent: setting({
    kind: choice(["deliver", "skip", "halt"]),
    purpose: "what to do with an event of a type that nobody knows: deliver it as it is, skip it, or halt the sink",
    standard: "deliver",
  }),
  isolation: setting({
    kind: choice(["process", "none"]),
    purpose: "where handlers run: process (one of their own, which they cannot take the tail along with), or none",
    standard: "process",
  }),
  shell: setting({
    kind: toggle,
    purpose: "run commands with /bin/sh, so that pipes and variables mean something in them",
    standard: false,
  }),
  hookEnv: optional({
    kind: list(text("name"), "names"),
    purpose: "further variables that commands inherit; handlers inherit all but our secrets",
    standardText: "none",
  }),
  forwardSignatures: setting({
    kind: list(choice(["workos", "standard"]), "names"),
    purpose: "how forwarded requests are signed: workos, standard (Standard Webhooks), or both",
    standard: ["workos"],
  }),
  forwardAllow: optional({
    kind: list(text("range"), "ranges"),
    purpose: "addresses that may be forwarded to although they are not public, such as 10.0.0.0/8",
    standardText: "none but this machine",
  }),
  forwardCa: optional({
    kind: path(),
    purpose: "file with certificates to trust besides the usual ones",
    standardText: "none",
  }),
  insecureForwardHttp: setting({
    kind: toggle,
    purpose: "forward to other machines without TLS, where whoever is on the way reads and changes events",
    standard: false,
  }),
};

/** What a sink delivers to. Each sink has exactly one of these. */
export const targets = {
  handlers: setting({
    kind: { ...path(), isRepeatable: true },
    purpose: "TypeScript or JavaScript module whose default export maps event names to functions",
  }),
  exec: setting({
    kind: { ...text("command"), isRepeatable: true },
    purpose: "command run once for each event, with the event as JSON on standard input",
  }),
  execBatch: setting({
    kind: { ...text("command"), isRepeatable: true },
    purpose: "command run once for several events, with one event a line on standard input",
  }),
  pipe: setting({
    kind: { ...text("command"), isRepeatable: true },
    purpose: "command that keeps running: one line of JSON for each event in, one line of answer out",
  }),
  forward: setting({
    kind: { ...text("url"), isRepeatable: true },
    purpose: "URL that gets each event in a signed request, as a webhook",
  }),
  stdout: setting({ kind: toggle, purpose: "write each event as one line of JSON to standard output" }),
};

/** Secrets that each sink may have its own of. */
export const sinkSecretSettings = {
  forwardSecret: { purpose: "secret that signs forwarded requests", variables: ["DIRSYNC_FORWARD_SECRET"] },
} as const satisfies Record<string, SecretSetting>;
