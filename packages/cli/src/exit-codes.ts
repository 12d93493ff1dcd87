import { type ApiError, type ContractError, isDirsyncError, type StateError } from "@dirsync/sdk";
import { wrongUsageCode } from "./wrong-usage-code.ts";

/** What the process tells its parent. Codes follow sysexits.h where one fits. */
export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  sinkHalted: 3,
  gapNeedsDecision: 4,
  findings: 5,
  unavailable: 69,
  invariantBroken: 70,
  stateHeld: 73,
  stateUnusable: 74,
  cutShort: 75,
  notAuthorised: 77,
  configuration: 78,
} as const;

/** One of `exitCodes`, or 128 plus a signal's number. */
export type ExitCode = number;

/** The exit code for an error, by its kind and code; its message plays no part. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!isDirsyncError(error)) return exitCodes.bug;
  switch (error.name) {
    case "ApiError":
      return ofApiError(error as ApiError);
    case "ConnectionError":
      return exitCodes.unavailable;
    case "ContractError":
      return ofContractError(error as ContractError);
    case "CursorExpiredError":
      return exitCodes.gapNeedsDecision;
    case "StateError":
      return ofStateError(error as StateError);
    case "SinkError":
      return exitCodes.sinkHalted;
    case "ConfigError":
      return exitCodes.configuration;
    default:
      return error.code === wrongUsageCode ? exitCodes.usage : exitCodes.bug;
  }
}

function ofApiError(error: ApiError): ExitCode {
  if (error.status === 401 || error.status === 403) return exitCodes.notAuthorised;
  return error.retryable ? exitCodes.unavailable : exitCodes.configuration;
}

function ofContractError(error: ContractError): ExitCode {
  // A proxy's page or a half answer passes; a log that is not in order is a service we must not be pointed at.
  return error.retryable ? exitCodes.unavailable : exitCodes.configuration;
}

function ofStateError(error: StateError): ExitCode {
  switch (error.code) {
    case "locked":
    case "fenced":
      return exitCodes.stateHeld;
    case "busy":
      return exitCodes.cutShort;
    case "missing":
    case "superseded":
      return exitCodes.usage;
    case "unreadable":
    case "corrupt":
    case "newer_version":
    case "older_version":
    case "read_only":
    case "full":
    case "io":
      return exitCodes.stateUnusable;
    default:
      return error.code satisfies never;
  }
}
