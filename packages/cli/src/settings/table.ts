/**
 * Every setting there is. Flags, variables, keys of the config file, their checks, `dirsync config` and the reference in
 * docs/settings.md are all made from this table: what stands here exists everywhere, under one name.
 */
import { address, choice, count, duration, type Kind, list, path, text, toggle, webAddress } from "./kinds.ts";
import { conditions } from "./condition.ts";
import { deletionGuard } from "./deletion-guard.ts";
import { directoryId, eventName, eventPattern, start } from "./start.ts";

/** One setting. Its key in the file is its name in this table; flag and variable follow from that. */
export interface Setting<T, F = unknown> {
  readonly kind: Kind<T, F>;
  /** What it decides: a phrase for the help text. */
  readonly purpose: string;
  /** Absent when there is none, or when it takes more than a value to say it. */
  readonly standard?: NoInfer<T>;
  /** The default in words, where the value itself does not say it. */
  readonly standardText?: string;
}

/** A secret. It is given in a variable, or in a file named by a flag, by a variable with `_FILE`, or in the config file. */
export interface SecretSetting {
  readonly purpose: string;
  /** The first that is set wins. */
  readonly variables: readonly [string, ...string[]];
}

/** Which service, and who we are there. Every command that talks to it takes these. */
export const serviceSettings = {
  baseUrl: setting({ kind: webAddress, purpose: "the directory-sync service", standard: "https://api.workos.com" }),
  insecureSecretFiles: setting({
    kind: toggle,
    purpose: "take secret files that everybody on this machine may read, as Docker and Kubernetes mount them",
    standard: false,
  }),
};

/** Where the position, the journal and the dead letters are. */
export const stateSettings = {
  state: optional({
    kind: path(),
    purpose: "state file of the tail",
    standardText: "tail.db in $STATE_DIRECTORY, else in $XDG_STATE_HOME/dirsync",
  }),
};

/** What `dirsync tail` reads and how it runs. */
export const streamSettings = {
  from: setting({
    kind: start,
    purpose: "where a new state file begins: start, now, an ISO time, or an event id",
    standard: "start",
  }),
  sourceEvents: optional({
    kind: list(eventName, "names"),
    purpose: "event names to ask the service for; each choice needs a state file of its own",
    standardText: "all that are about directories",
  }),
  poll: setting({
    kind: duration({ minMs: 10, maxMs: 3_600_000 }),
    purpose: "pause between looks at the end of the log",
    standard: 1_000,
  }),
  sourceRetention: setting({
    kind: duration({ minMs: 3_600_000, maxMs: 366 * 86_400_000 }),
    purpose: "how long the service keeps events, for the warning before unread ones expire",
    standard: 30 * 86_400_000,
  }),
  health: optional({
    kind: address,
    purpose: "where to answer /livez, /readyz and /metrics, such as 127.0.0.1:4002",
    standardText: "nowhere",
  }),
  insecureHealthExposed: setting({
    kind: toggle,
    purpose: "let other machines ask for the health: they learn names of sinks and how far behind they are",
    standard: false,
  }),
  doorbell: optional({
    kind: address,
    purpose: "where to take webhooks, such as :4001; they only ring, and what happened is read from the log at once",
    standardText: "nowhere",
  }),
  retention: setting({
    kind: duration({ minMs: 0, maxMs: 3_650 * 86_400_000 }),
    purpose: "how long the state file keeps events that every sink has finished, for replays",
    standard: 7 * 86_400_000,
  }),
  guard: optional({
    kind: deletionGuard,
    purpose:
      "hold a burst of people losing access until `dirsync approve`, such as 'deletes>10%/10m' of a directory or 'deletes>200/1h'",
    standardText: "none",
  }),
  durability: setting({
    kind: choice(["normal", "full"]),
    purpose: "normal: a power cut may repeat the last deliveries; full: it may not, and each commit waits for the disk",
    standard: "normal",
  }),
  insecureRemoteState: setting({
    kind: toggle,
    purpose: "keep the state file on a network file system, where SQLite cannot keep it whole",
    standard: false,
  }),
  skew: optional({
    kind: duration({ minMs: 0, maxMs: 3_600_000 }),
    purpose: "how far apart the service's log and its lists may be in time; a scan waits for so long",
    standardText: "30s; 200ms where the service is on this machine",
  }),
  leaveGaps: setting({
    kind: toggle,
    purpose: "leave gaps to people, instead of closing them by a scan of what the service lists",
    standard: false,
  }),
  reconcileEvery: optional({
    kind: duration({ minMs: 60_000, maxMs: 366 * 86_400_000 }),
    purpose: "how often to compare everything with what the service lists, give or take a tenth",
    standardText: "never",
  }),
  drainTimeout: setting({
    kind: duration({ minMs: 0, maxMs: 3_600_000 }),
    purpose: "how long deliveries in flight may go on after SIGTERM",
    standard: 25_000,
  }),
};

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
      "what to do when an event is given up: continue with the next one, park what is ordered behind it, or halt the sink",
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

/** Secrets, by the name of what they are. */
export const secretSettings = {
  apiKey: { purpose: "API key of the service", variables: ["DIRSYNC_API_KEY", "WORKOS_API_KEY"] },
} as const satisfies Record<string, SecretSetting>;

/** Secrets that only a tail needs. */
export const tailSecretSettings = {
  webhookSecret: {
    purpose: "secret of the webhooks that ring, or several",
    variables: ["DIRSYNC_WEBHOOK_SECRET", "WORKOS_WEBHOOK_SECRET"],
  },
} as const satisfies Record<string, SecretSetting>;

/** Secrets that are not of a sink. */
export const plainSecretSettings = { ...secretSettings, ...tailSecretSettings };

/** Secrets that each sink may have its own of. */
export const sinkSecretSettings = {
  forwardSecret: { purpose: "secret that signs forwarded requests", variables: ["DIRSYNC_FORWARD_SECRET"] },
} as const satisfies Record<string, SecretSetting>;

/** What a command gets from one of these tables. */
export type ValuesOf<T> = { readonly [K in keyof T]: T[K] extends Setting<infer V> ? V : never };

/** What a config file may say of the settings in one of these tables. */
export type FileValuesOf<T> = { readonly [K in keyof T]?: T[K] extends Setting<infer _V, infer F> ? F : never };

/** Everything but sinks and secrets. */
export const plainSettings = { ...serviceSettings, ...stateSettings, ...streamSettings };

/** `drainTimeout` → `--drain-timeout`. */
export function flagOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `drainTimeout` → `DIRSYNC_DRAIN_TIMEOUT`. */
export function variableOf(key: string): string {
  return `DIRSYNC_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** The flag's key and the file's key for a secret: `apiKey` → `apiKeyFile`. */
export function secretFileKeyOf(name: string): string {
  return `${name}File`;
}

function setting<T, F>(given: Setting<T, F>): Setting<T, F> {
  return given;
}

/** One that may be absent. */
function optional<T, F>({ kind, ...rest }: Setting<T, F>): Setting<T | undefined, F> {
  return { ...rest, kind: { ...kind, show: (value) => (value === undefined ? "" : kind.show(value)) } };
}
