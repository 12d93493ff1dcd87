/**
 * Every error Dirsync throws. Loops decide by `retryable`, people read `message`, programs switch on `code`.
 *
 * Errors are recognised by a brand rather than by `instanceof`, because an application may load the ESM and the
 * CommonJS build side by side and then holds two copies of each class. Their fields are only declared, because each is
 * set in its constructor anyway, and the webhooks entry has 4 kB for everything.
 */
const brand = Symbol.for("@dirsync/error");

/** What every Dirsync error takes: a machine code, whether trying again can help, and the underlying error. */
export interface ErrorDetails {
  readonly code: string;
  readonly retryable: boolean;
  readonly cause?: unknown;
}

/** Base of every error this project throws. Use `isDirsyncError` rather than `instanceof` to recognise one. */
export class DirsyncError extends Error {
  /** Stable, machine-readable reason, for example `cursor_expired`. */
  declare readonly code: string;
  /** True when the same call may succeed later without anybody changing anything. */
  declare readonly retryable: boolean;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : details);
    // Written out because minifiers rename classes, and the name is what people see in a log.
    this.name = "DirsyncError";
    this.code = details.code;
    this.retryable = details.retryable;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** True for an error of this project, whichever copy of the package made it. */
export function isDirsyncError(error: unknown): error is DirsyncError {
  return typeof error === "object" && error !== null && Object.hasOwn(error, brand);
}

/** One field the service refused, from a 422 body. */
export interface FieldProblem {
  readonly code: string;
  readonly field?: string;
  readonly message?: string;
}

/** Facts of an answer that was not a success. */
export interface ApiErrorDetails extends ErrorDetails {
  readonly status: number;
  readonly requestId: string | null;
  /** How long the service asked us to wait, in milliseconds; null when it did not say. */
  readonly retryAfterMs: number | null;
  readonly problems: readonly FieldProblem[];
  /** At most the first 500 characters of the body. */
  readonly bodyExcerpt: string;
}

/** The service answered, and the answer was not a success. `code` is the service's own where it gave one. */
export class ApiError extends DirsyncError {
  declare readonly status: number;
  declare readonly requestId: string | null;
  declare readonly retryAfterMs: number | null;
  declare readonly problems: readonly FieldProblem[];
  declare readonly bodyExcerpt: string;

  constructor(message: string, details: ApiErrorDetails) {
    super(message, details);
    this.name = "ApiError";
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryAfterMs = details.retryAfterMs;
    this.problems = details.problems;
    this.bodyExcerpt = details.bodyExcerpt;
  }
}

/**
 * Why no usable answer arrived. Four are not retryable: `aborted`, because the caller's signal fired; `body_too_large` and
 * `headers_too_large`; and `tls`, a certificate or a handshake that somebody must mend.
 */
export type ConnectionFailure =
  | "timeout"
  | "unreachable"
  | "body_cut"
  | "body_too_large"
  | "headers_too_large"
  | "tls"
  | "aborted";

/** The same again would end the same. */
const lastingFailures: ReadonlySet<ConnectionFailure> = new Set([
  "body_too_large",
  "headers_too_large",
  "tls",
  "aborted",
]);

/** No complete answer arrived. `code` says where it broke. */
export class ConnectionError extends DirsyncError {
  declare readonly code: ConnectionFailure;

  constructor(message: string, details: { code: ConnectionFailure; cause?: unknown }) {
    super(message, { ...details, retryable: !lastingFailures.has(details.code) });
    this.name = "ConnectionError";
  }
}

/** One place where an answer differed from the contract. */
export interface ContractIssue {
  readonly path: string;
  readonly message: string;
}

/**
 * The answer arrived whole but is not what the contract promises: HTML from a proxy, a missing id, a descending page.
 * Retryable, because a proxy's error page is the usual cause and goes away.
 */
export class ContractError extends DirsyncError {
  declare readonly issues: readonly ContractIssue[];

  constructor(
    message: string,
    details: { issues: readonly ContractIssue[]; code?: string; retryable?: boolean; cause?: unknown },
  ) {
    super(message, { retryable: true, code: "contract_broken", ...details });
    this.name = "ContractError";
    this.issues = details.issues;
  }
}

/** The service no longer knows the event a cursor points at. Never handled by silently starting again. */
export class CursorExpiredError extends DirsyncError {
  declare readonly cursor: string;

  constructor(message: string, details: { cursor: string; cause?: unknown }) {
    super(message, { ...details, code: "cursor_expired", retryable: false });
    this.name = "CursorExpiredError";
    this.cursor = details.cursor;
  }
}

/** Why a webhook signature was refused. */
export type SignatureReason =
  | "header_missing"
  | "header_malformed"
  | "timestamp_too_old"
  | "timestamp_in_future"
  | "signature_mismatch"
  | "secret_missing"
  | "header_ambiguous"
  | "secret_unsuitable"
  | "body_not_raw"
  | "body_too_large"
  | "body_cut";

/** A webhook that must not be trusted. */
export class SignatureError extends DirsyncError {
  declare readonly reason: SignatureReason;

  constructor(message: string, details: { reason: SignatureReason; cause?: unknown }) {
    super(message, { ...details, code: "signature_invalid", retryable: false });
    this.name = "SignatureError";
    this.reason = details.reason;
  }
}

/** What a sink asks for when it fails: try again, give this event up, or stop the sink until a person looks. */
export type SinkVerdict = "retry" | "dead" | "halt";

/** What a sink says when it fails. */
export interface SinkErrorDetails {
  readonly verdict: SinkVerdict;
  /** Default `sink_failed`. */
  readonly code?: string | undefined;
  /** Of a batch: how many events, counted from its first, are durable all the same. */
  readonly deliveredCount?: number | undefined;
  /** With `retry`: the receiver asks not to be tried again before this many milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Of a sink that speaks HTTP: the status it was answered with. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** A sink could not take an event. Throw one from a handler to choose the verdict; any other error means `retry`. */
export class SinkError extends DirsyncError {
  declare readonly verdict: SinkVerdict;
  /** Of a batch: how many events, counted from its first, are durable all the same. Not there when none is. */
  declare readonly deliveredCount?: number;
  /** Not to be tried again before this many milliseconds. Not there when the receiver did not say. */
  declare readonly retryAfterMs?: number;
  /** The status that a sink that speaks HTTP was answered with. Not there when there was no answer. */
  declare readonly status?: number;

  constructor(message: string, details: SinkErrorDetails) {
    super(message, { ...details, code: details.code ?? "sink_failed", retryable: details.verdict === "retry" });
    this.name = "SinkError";
    this.verdict = details.verdict;
    if (details.deliveredCount !== undefined) this.deliveredCount = details.deliveredCount;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
    if (details.status !== undefined) this.status = details.status;
  }
}

/** What is wrong with the local state file or database. */
export type StateFailure =
  | "locked"
  | "busy"
  | "unreadable"
  | "corrupt"
  | "newer_version"
  | "older_version"
  | "read_only"
  | "full"
  | "io"
  | "fenced"
  | "missing"
  | "superseded";

/** Local state cannot be used. Nothing was changed. */
export class StateError extends DirsyncError {
  declare readonly code: StateFailure;

  constructor(message: string, details: { code: StateFailure; cause?: unknown }) {
    super(message, {
      ...details,
      retryable: details.code === "full" || details.code === "io" || details.code === "busy",
    });
    this.name = "StateError";
  }
}

/** A flag, variable or file line is wrong. `where` names it. */
export class ConfigError extends DirsyncError {
  declare readonly where: string;

  constructor(message: string, details: { where: string; cause?: unknown }) {
    super(message, { ...details, code: "config_invalid", retryable: false });
    this.name = "ConfigError";
    this.where = details.where;
  }
}
