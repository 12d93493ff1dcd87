import { ConfigError } from "@dirsync/sdk";
import * as z from "zod";
import { HttpProblem } from "../http/problem.ts";
import { isSubscribable } from "./service-events.ts";

// Longer addresses do not fit through common proxies.
const urlCharactersMax = 2_048;

const fields = {
  endpoint_url: z.string().trim().min(1).max(urlCharactersMax),
  events: z.array(z.string()).min(1, "at least one event name"),
};

/** Body of `POST /webhook_endpoints`. */
export const endpointDraft = z.looseObject(fields);
/** Body of `PATCH /webhook_endpoints/:id`. */
export const endpointChanges = z.looseObject({
  endpoint_url: fields.endpoint_url.optional(),
  events: fields.events.optional(),
  status: z.enum(["enabled", "disabled"]).optional(),
});

/** An endpoint to make. */
export type EndpointDraft = z.infer<typeof endpointDraft>;
/** What of an endpoint is to be changed. */
export type EndpointChanges = z.infer<typeof endpointChanges>;

/** Checks the body of a creation. @throws HttpProblem 422 `invalid_request_parameters` */
export function parseDraft(body: unknown): EndpointDraft {
  const draft = parse(endpointDraft, body);
  return { ...draft, events: checkedNames(draft.events) };
}

/** Checks the body of a change. @throws HttpProblem 422 `invalid_request_parameters` */
export function parseChanges(body: unknown): EndpointChanges {
  const changes = parse(endpointChanges, body);
  return changes.events === undefined ? changes : { ...changes, events: checkedNames(changes.events) };
}

/**
 * Asks `check` about an address.
 * @throws HttpProblem 422 `invalid_url`
 */
export async function checkUrl(url: string, check: (url: string) => Promise<void>): Promise<void> {
  try {
    await check(url);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new HttpProblem(422, { code: "invalid_url", message: inWordsOfEndpoints(error) });
  }
}

/** The checks are those of forwarded requests and name their options, which whoever makes an endpoint does not have. */
function inWordsOfEndpoints({ message, where }: ConfigError): string {
  if (where === "insecureHttp") return "Webhooks to other machines go over TLS: use an https address.";
  return message
    .replace("The address to forward to", "The address of an endpoint")
    .replace("add it to allow", "have the server allow it: dirsync serve --webhook-allow");
}

/** The one spelling of an address that tells it from others. */
export function urlKeyOf(url: string): string {
  return new URL(url).href;
}

/** 404 as the service has it for endpoints. */
export function unknownEndpoint(id: string): HttpProblem {
  const message = `Webhook endpoint not found: '${id.slice(0, 128)}'.`;
  return new HttpProblem(404, { code: "entity_not_found", message });
}

/** 409 for an address that another endpoint has. */
export function duplicateEndpoint(): HttpProblem {
  const message = "Another webhook endpoint has this endpoint_url; change that one.";
  return new HttpProblem(409, { code: "duplicate_endpoint", message });
}

/** 422 in the shape that the service has for endpoints. */
function invalidParameters(errors: readonly { code: string; message: string }[]): HttpProblem {
  return new HttpProblem(422, { code: "invalid_request_parameters", message: "Validation failed.", errors });
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidParameters(
    parsed.error.issues.map(({ path, code, message }) => ({
      code,
      message: `${path.length === 0 ? "body" : path.map(String).join(".")}: ${message}`,
    })),
  );
}

/** Each name once. An endpoint for a misspelled event would wait for ever without anybody noticing. */
function checkedNames(names: readonly string[]): string[] {
  const unknown = names.filter((name) => !isSubscribable(name));
  if (unknown.length === 0) return [...new Set(names)];
  throw invalidParameters(
    unknown.slice(0, 10).map((name) => ({
      code: "unknown_event_type",
      message: `'${name.slice(0, 128)}' is no event that an endpoint can be told of.`,
    })),
  );
}
