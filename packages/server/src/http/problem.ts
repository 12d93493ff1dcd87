import { DirsyncError } from "@dirsync/sdk";

/** One field of a request that is refused. */
export interface RefusedField {
  readonly code: string;
  readonly field: string;
  readonly message?: string;
}

/** An API request that is refused. The body is one of the shapes of the contract, and never repeats secrets. */
export class HttpProblem extends DirsyncError {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: { readonly message: string; readonly [key: string]: unknown }) {
    super(body.message, { code: "request_refused", retryable: status === 429 || status >= 500 });
    this.name = "HttpProblem";
    this.status = status;
    this.body = body;
  }
}

// Ids come from the request, so what is repeated of them is bounded.
const idCharactersMax = 128;

/** 404 for an object that does not exist, or that this key does not reach. */
export function notFound(kind: string, id: string): HttpProblem {
  return new HttpProblem(404, { message: `${kind} not found: '${id.slice(0, idCharactersMax)}'.` });
}

/** 401 for a missing or wrong API key; the same body for both. */
export function unauthorized(): HttpProblem {
  return new HttpProblem(401, { message: "Unauthorized" });
}

/** 400 with a machine code. */
export function badRequest(code: string, message: string, facts: Readonly<Record<string, unknown>> = {}): HttpProblem {
  return new HttpProblem(400, { code, message, ...facts });
}

/** 422 naming each field that is wrong. */
export function validationFailed(errors: readonly RefusedField[]): HttpProblem {
  return new HttpProblem(422, { message: "Validation failed.", errors });
}
