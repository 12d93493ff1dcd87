import { isDirsyncError } from "@dirsync/sdk";
import { expect, test } from "vitest";
import { ScimError, toScimErrorBody } from "./error.ts";

test.each([
  {
    error: new ScimError("No.", { status: 400, scimType: "invalidPath" }),
    body: { status: "400", scimType: "invalidPath", detail: "No." },
  },
  { error: new ScimError("Gone.", { status: 404 }), body: { status: "404", detail: "Gone." } },
])("a refusal reads as RFC 7644 section 3.12 wants: $body", ({ error, body }) => {
  expect(toScimErrorBody(error)).toEqual({ schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], ...body });
});

test.each([
  { status: 400, retryable: false },
  { status: 409, retryable: false },
  { status: 413, retryable: false },
  { status: 429, retryable: true },
  { status: 503, retryable: true },
])("status $status is retryable: $retryable", ({ status, retryable }) => {
  const error = new ScimError("x", { status });
  expect(isDirsyncError(error)).toBe(true);
  expect(error.retryable).toBe(retryable);
});
