import { expect, test } from "vitest";
import { SinkError } from "./errors.ts";

test("what a sink's error is given as undefined is not given", () => {
  const details = { code: undefined, deliveredCount: undefined, retryAfterMs: undefined, status: undefined };
  const error = new SinkError("No.", { verdict: "dead", ...details });
  expect(Object.fromEntries(Object.entries(error))).toEqual({
    name: "SinkError",
    code: "sink_failed",
    retryable: false,
    verdict: "dead",
  });
  expect(Object.keys(error)).not.toContain("status");
});
