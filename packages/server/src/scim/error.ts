import { DirsyncError } from "@dirsync/sdk";

/** The machine-readable reasons of RFC 7644 section 3.12, table 9. */
export type ScimType =
  | "invalidFilter"
  | "tooMany"
  | "uniqueness"
  | "mutability"
  | "invalidSyntax"
  | "invalidPath"
  | "noTarget"
  | "invalidValue"
  | "invalidVers"
  | "sensitive"
  // RFC 9865 section 2.3.
  | "invalidCursor";

/** HTTP status of a refused SCIM request, and the reason where RFC 7644 has a word for it. */
export interface ScimErrorDetails {
  readonly status: number;
  readonly scimType?: ScimType;
  /** Of a 405: the methods there are. */
  readonly allow?: string;
  /** Of a 429: when to go on. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/**
 * A SCIM request that is refused. The message becomes `detail` of the answer, so it names attributes and limits and
 * never repeats values, which may be personal or secret.
 */
export class ScimError extends DirsyncError {
  readonly status: number;
  readonly scimType?: ScimType;
  readonly allow?: string;
  readonly retryAfterSeconds?: number;

  constructor(detail: string, details: ScimErrorDetails) {
    super(detail, {
      code: "scim_error",
      // Everything else is wrong in the request itself, and the same request fails again.
      retryable: details.status === 429 || details.status >= 500,
      cause: details.cause,
    });
    this.name = "ScimError";
    this.status = details.status;
    if (details.scimType !== undefined) this.scimType = details.scimType;
    if (details.allow !== undefined) this.allow = details.allow;
    if (details.retryAfterSeconds !== undefined) this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** The JSON body of a SCIM error answer. `status` is a string (RFC 7644 section 3.12). */
export interface ScimErrorBody {
  readonly schemas: readonly ["urn:ietf:params:scim:api:messages:2.0:Error"];
  readonly status: string;
  readonly scimType?: ScimType;
  readonly detail: string;
}

/** Renders a refusal for the wire. */
export function toScimErrorBody(error: ScimError): ScimErrorBody {
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
    status: String(error.status),
    ...(error.scimType === undefined ? {} : { scimType: error.scimType }),
    detail: error.message,
  };
}

/** A 400 with the given reason: the shape of nearly every refusal in the SCIM core. */
export function badRequest(scimType: ScimType, detail: string): ScimError {
  return new ScimError(detail, { status: 400, scimType });
}
