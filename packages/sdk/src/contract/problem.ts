/** One complaint among several (`errors` of a 422). */
export interface ProblemDetail {
  readonly code?: string | undefined;
  readonly field?: string | undefined;
  readonly property?: string | undefined;
  readonly message?: string | undefined;
  readonly constraints?: Readonly<Record<string, string>> | undefined;
  readonly [field: string]: unknown;
}

/** What an error body says where it is an object. */
export interface ProblemBody {
  readonly code?: string | undefined;
  readonly message?: string | readonly string[] | undefined;
  readonly error?: string | undefined;
  readonly error_description?: string | undefined;
  readonly errors?: readonly (string | ProblemDetail)[] | undefined;
  readonly [field: string]: unknown;
}

/**
 * Every error body the service is known to send (contract of the error bodies): objects with any of these keys, or a
 * bare JSON string such as the 429 of GET /directory_users. The client reads it key by key, so that a surprising one
 * cannot hide the error.
 */
export type Problem = string | ProblemBody;
