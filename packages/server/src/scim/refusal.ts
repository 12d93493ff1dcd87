import { failureOf } from "../http/failures.ts";
import { BodyError } from "../http/limits.ts";
import type { Services } from "../http/services.ts";
import { ScimError } from "./error.ts";

/** The refusal that an error means. What is no fault of the request is logged. */
export function refusalOf(error: unknown, { config }: Services, requestId: string): ScimError {
  if (error instanceof ScimError) return error;
  if (error instanceof BodyError) {
    return error.code === "too_large"
      ? new ScimError(error.message, { status: 413 })
      : new ScimError(error.message, { status: 400, scimType: "invalidSyntax" });
  }
  const failure = failureOf(error, config.runtime.log, requestId);
  return new ScimError(failure.message, { status: failure.status });
}
