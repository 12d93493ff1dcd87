import {
  ApiError,
  ConfigError,
  ConnectionError,
  ContractError,
  CursorExpiredError,
  DirsyncError,
  SinkError,
  StateError,
  type StateFailure,
} from "@dirsync/sdk";
import { describe, expect, test } from "vitest";
import { exitCodeOf } from "./exit-codes.ts";
import { wrongUsageCode } from "./wrong-usage-code.ts";

function apiError(status: number, retryable = false): ApiError {
  const details = { requestId: null, retryAfterMs: null, problems: [], bodyExcerpt: "" };
  return new ApiError("refused", { status, code: "some_code", retryable, ...details });
}

describe("exitCodeOf", () => {
  test.each<[string, unknown, number]>([
    ["an unexpected error is a bug", new TypeError("x"), 1],
    ["something that is no error is a bug", "x", 1],
    ["an error of ours without a code of its own is a bug", new DirsyncError("x", { code: "x", retryable: false }), 1],
    ["a command that was typed wrongly", new DirsyncError("x", { code: wrongUsageCode, retryable: false }), 2],
    ["a refused key", apiError(401), 77],
    ["a key without permission", apiError(403), 77],
    ["an overloaded service", apiError(429, true), 69],
    ["a broken service", apiError(500, true), 69],
    ["a wrong URL", apiError(404), 78],
    ["a refused filter", apiError(400), 78],
    ["no connection", new ConnectionError("x", { code: "unreachable" }), 69],
    ["a proxy's page", new ContractError("x", { issues: [] }), 69],
    ["a log in the wrong order", new ContractError("x", { issues: [], code: "descending_page", retryable: false }), 78],
    ["a log that overlooks where we are", new ContractError("x", { issues: [], code: "cursor_ignored" }), 69],
    ["another log", new ContractError("x", { issues: [], code: "unknown_log", retryable: false }), 78],
    ["a lost position", new CursorExpiredError("x", { cursor: "event_1" }), 4],
    ["a sink", new SinkError("x", { verdict: "halt" }), 3],
    ["a wrong flag", new ConfigError("x", { where: "--from" }), 78],
  ])("%s", (_name, error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });

  test.each<[StateFailure, number]>([
    ["locked", 73],
    ["fenced", 73],
    ["busy", 75],
    ["missing", 2],
    ["superseded", 2],
    ["unreadable", 74],
    ["corrupt", 74],
    ["newer_version", 74],
    ["older_version", 74],
    ["read_only", 74],
    ["full", 74],
    ["io", 74],
  ])("a state file that is %s", (code, exitCode) => {
    expect(exitCodeOf(new StateError("x", { code }))).toBe(exitCode);
  });
});
