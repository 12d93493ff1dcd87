/**
 * Every setting there is. Flags, variables, keys of the config file, their checks, `dirsync config` and the reference in
 * docs/settings.md are all made from this table and from that of sinks, `sink-table.ts`: what stands here exists everywhere, under
 * one name.
 */
import { address, choice, count, duration, list, path, size, toggle, webAddress } from "./kinds.ts";
import { deletionGuard } from "./deletion-guard.ts";
import { optional, type SecretSetting, setting } from "./setting.ts";
import { eventName, start } from "./start.ts";

const mebibyte = 1024 * 1024;

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
  movedFrom: optional({
    kind: webAddress,
    purpose: "address that the service had when the state file was begun, where it has another one now",
    standardText: "it has not moved",
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
  answerBytesMax: setting({
    // Beyond that, the text of an answer comes near to the longest that V8 can hold.
    kind: size({ minBytes: mebibyte, maxBytes: 256 * mebibyte }),
    purpose: "largest answer of the service that is taken; a single event that is larger stops the tail",
    standard: 64 * mebibyte,
  }),
  backlogMax: setting({
    kind: count({ min: 100, max: 100_000_000 }),
    purpose: "events that the furthest sink may be behind before reading waits for it",
    standard: 100_000,
  }),
  backlogBytesMax: setting({
    kind: size({ minBytes: mebibyte, maxBytes: 1024 * 1024 * mebibyte }),
    purpose: "what those events may come to, as JSON, before reading waits",
    standard: 1024 * mebibyte,
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

/** Everything but sinks and secrets. */
export const plainSettings = { ...serviceSettings, ...stateSettings, ...streamSettings };
