/**
 * Where our server knowingly answers otherwise than the service's OpenAPI document says. The contract test fails for
 * a difference that is not here, and just as well for an entry that has become untrue.
 */

/** One known difference. */
export interface Divergence {
  /** As the contract test reports it: the request, the status, what is different and where. */
  readonly finding: string;
  /** Why there is a difference: what the document leaves out, or what only we have. */
  readonly why: string;
  /** What we do, and what makes it safe for a client of the service. */
  readonly choice: string;
}

const operations = [
  "GET /organizations",
  "POST /organizations",
  "PUT /organizations/{id}",
  "DELETE /organizations/{id}",
  "GET /directories",
  "GET /directories/{id}",
  "DELETE /directories/{id}",
  "GET /directory_users",
  "GET /directory_users/{id}",
  "GET /directory_groups",
  "GET /directory_groups/{id}",
  "GET /events",
  "GET /webhook_endpoints",
  "POST /webhook_endpoints",
] as const;

const validated = [
  "GET /organizations",
  "POST /organizations",
  "PUT /organizations/{id}",
  "GET /directories",
  "GET /directory_users",
  "GET /directory_groups",
] as const;

const paged = ["GET /directories", "GET /directory_users", "GET /directory_groups", "GET /webhook_endpoints"] as const;

const directoryCreation = ["201", "404", "422"] as const;

const extraOfEvents = [
  [
    "400 extra: /code",
    "tells a bad event name (invalid_events_request, as seen on the live service) from a lost cursor",
  ],
  ["400 extra: /cursor", "names the cursor that the log does not hold"],
  ["400 extra: /oldest_event_id", "names the event from which nothing has been dropped, so that a reader can decide"],
  ["422 extra: /errors/*/message", "says in words which values the parameter takes"],
] as const;

/** Every known difference. */
export const divergences: readonly Divergence[] = [
  ...operations.map((operation) => ({
    finding: `${operation} 401 status: 401`,
    why: "The document lists no 401 for these calls; the service's page on errors does, for a missing or wrong key.",
    choice: 'We answer 401 with {"message":"Unauthorized"}, the shape the document uses for 401 elsewhere.',
  })),
  ...validated.map((operation) => ({
    finding: `${operation} 422 extra: /errors`,
    why: "The document gives a 422 of these calls a message only, and one of GET /events a list of fields besides.",
    choice: "We send the list everywhere: a caller learns which parameter was refused. The message is there as well.",
  })),
  ...paged.map((operation) => ({
    finding: `${operation} 400 status: 400`,
    why: "The document does not say what a cursor that names no object is answered with.",
    choice: "We refuse it with 400 and the code cursor_not_found. Answering the first page would make a caller loop.",
  })),
  ...extraOfEvents.map(([finding, choice]) => ({
    finding: `GET /events ${finding}`,
    why: "The document has only the members that every error has; clients ignore what they do not know.",
    choice: `We add this one: it ${choice}.`,
  })),
  ...directoryCreation.map((status) => ({
    finding: `POST /directories ${status} status: ${status}`,
    why: "The service makes directories in its dashboard and has no such call.",
    choice: "Ours is needed where there is no dashboard. Its answer is a directory with one more member, scim.",
  })),
  {
    finding: "GET /webhook_endpoints 422 status: 422",
    why: "The document gives no answer for a limit or an order of this list that is out of range.",
    choice: "We refuse it with 422 as in the other lists. Answering another page than asked for would mislead.",
  },
  ...["directories", "organizations"].map((list) => ({
    finding: `DELETE /${list}/{id} 404 status: 404`,
    why: "The document lists no 404 for deleting what does not exist.",
    choice: "We answer it as the other calls that name one do.",
  })),
  {
    finding: "POST /organizations 400 wrong: /code must be equal to constant",
    why: "The document lists the codes of what can be wrong with the members, and none for a body that is not JSON.",
    choice: "We answer body_malformed, since no listed code fits. Status and shape are those of the listed ones.",
  },
  {
    finding: "POST /organizations 400 wrong: / must match exactly one schema in oneOf",
    why: "The same answer, seen one level up: with another code it is none of the listed shapes.",
    choice: "As above.",
  },
];
