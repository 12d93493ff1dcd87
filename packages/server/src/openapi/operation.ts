import type { AnswerName } from "./answers.ts";
import type { BodyName } from "./bodies.ts";
import type { ParameterName } from "./parameters.ts";

/** What a route belongs to. */
export type Tag = "Directories" | "People" | "Events" | "Webhooks" | "Organizations" | "Portal" | "Operating";

/** A status that means that the request was done, and what is in the answer. */
export interface Success {
  readonly status: 200 | 201 | 202 | 204;
  /** Absent: no body. */
  readonly schema?: AnswerName;
  /** A body that is no JSON. */
  readonly file?: { readonly mediaType: string; readonly headers: Readonly<Record<string, string>> };
}

/** Why a request may be refused with a status. */
export interface Refusal {
  readonly because: string;
  /** Default `Problem`. */
  readonly schema?: AnswerName;
}

/** Statuses that depend on the route; those that any route may answer with are added to all. */
export type RefusalStatus = 400 | 404 | 409 | 415 | 422;

/**
 * What a route does, beside what can be told from its address and from these: whoever has a body, pages, a path parameter or
 * an Idempotency-Key has the refusals that come with them.
 */
export interface Operation {
  /** Unique; generators make the name of a function of it. */
  readonly operationId: string;
  readonly tag: Tag;
  /** One line. */
  readonly summary: string;
  readonly description?: string;
  /** WorkOS has no such call. */
  readonly isOurs?: true;
  /** Needs no API key. */
  readonly isPublic?: true;
  /** `limit`, `order`, `after` and `before`. */
  readonly isPaged?: true;
  /** Takes an Idempotency-Key. */
  readonly isRepeatable?: true;
  readonly query?: readonly ParameterName[];
  readonly body?: BodyName;
  readonly success: Success;
  readonly refusals?: Readonly<Partial<Record<RefusalStatus, Refusal>>>;
}

/** Operations by `METHOD /path/:parameter`, as the router has them. */
export type Operations = Readonly<Record<string, Operation>>;
