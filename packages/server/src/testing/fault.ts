/** Which side of the change a fault strikes: before the server has seen the request, or when the change is durable. */
export type FaultSide = "before" | "after";

/** What happens to a request in place of being answered as it should. */
export type Fault =
  | {
      /** Answers with this status. */
      readonly kind: "status";
      readonly status: number;
      /** Sent as Retry-After: seconds, or an HTTP date. Default: no such header. */
      readonly retryAfter?: number | string;
      /** Sent as JSON. Default: `{message}`, and the bare text `"Ratelimited"` that the service sends with a 429. */
      readonly body?: unknown;
      /** Default `before`: nothing is changed. */
      readonly side?: FaultSide;
    }
  | {
      /** Answers as it should, after so many milliseconds by the server's clock. */
      readonly kind: "delay";
      readonly delayMs: number;
    }
  | {
      /** Does not answer until `release()`, which may never come: the caller times out. */
      readonly kind: "hang";
      /** Default `before`. With `after`, the change is made at once and its answer held back. */
      readonly side?: FaultSide;
    }
  | {
      /** Cuts the connection. `midway`: when half of the body of the answer was sent. Default `before`. */
      readonly kind: "cut";
      readonly side?: FaultSide | "midway";
    };

/** A route as the README lists them, `GET /directories/:id`, or `*` for all. */
export type FaultRoute = "*" | `${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`;

/** Which requests are struck. */
export interface FaultOptions {
  /** How many. Default 1. */
  readonly times?: number;
  /** Asked of every request of the route that is still to be struck; false lets it pass. */
  readonly when?: (request: Request) => boolean;
}

/** A fault that waits for its requests. */
export interface ArmedFault {
  /** How many requests it has struck. */
  readonly struck: number;
  /** How many it is still to strike. */
  readonly remaining: number;
  /** Has those that hang go on, and strikes no more. */
  release(): void;
}

/** What happens to a webhook in place of being sent once, in its turn. */
export type WebhookFault =
  | {
      /** Counts as delivered, and is not sent. */
      readonly kind: "drop";
    }
  | {
      /** Is sent twice, one after the other. */
      readonly kind: "duplicate";
    }
  | {
      /** Is held until so many are, which are then sent from the last to the first. */
      readonly kind: "reorder";
      /** From 2 to 8: so many are sent to an endpoint at once. */
      readonly count: number;
    }
  | {
      /** Is sent after so many milliseconds by the server's clock. */
      readonly kind: "delay";
      readonly delayMs: number;
    };
