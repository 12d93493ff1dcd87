import { failureOf } from "../http/failures.ts";
import { BodyError } from "../http/limits.ts";
import type { Services } from "../http/services.ts";
import { ScimError } from "./error.ts";

/** The refusal that an error means. What is no fault of the request is logged. */
export function refusalOf(error: unknown, { config }: Services, requestId: string): ScimError {
  if (error instanceof ScimError) return error;
  if (error instanceof BodyError) return refusedBody(error);
  const failure = failureOf(error, config.runtime.log, requestId);
  return new ScimError(failure.message, { status: failure.status });
}

function refusedBody({ code, message }: BodyError): ScimError {
  if (code === "too_large") return new ScimError(message, { status: 413 });
  if (code === "unknown_encoding") return new ScimError(message, { status: 415 });
  return new ScimError(message, { status: 400, scimType: "invalidSyntax" });
}
