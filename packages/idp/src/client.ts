/**
 * SCIM over HTTP as an identity provider speaks it: one call, one answer, no retry.
 *
 * Neither Okta nor Entra ID repeats a failed call on the spot: Okta fails the task and shows it to the admin, Entra ID
 * comes back in its next cycle. So a call here is sent once, and the caller decides what `retryable` is worth.
 */
import { ApiError, ConfigError, ConnectionError, ContractError, systemRuntime } from "@dirsync/sdk";
import type { Runtime } from "@dirsync/sdk";
import { sendOverHttp } from "./transport.ts";
import type { ScimRequest, ScimResponse, ScimTransport } from "./transport.ts";

/** How one provider's HTTP client presents itself. */
export interface ScimDialect {
  /** The provider's name, as people know it. It opens every error message. */
  readonly provider: string;
  /** Sent with every request, besides `Authorization`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with every request that has a body. */
  readonly contentType: string;
  /** How long the provider waits for a whole answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** Where to send calls, and as whom. */
export interface ConnectionOptions {
  /** SCIM address without a trailing resource name, for example `http://127.0.0.1:4400/scim/v2.0/abc`. */
  readonly baseUrl: string;
  /** The directory's bearer token. Never appears in an error or a log line. */
  readonly token: string;
  /** Default: the system clock, and no log. */
  readonly runtime?: Runtime;
  /** Default: the network. Give one to record, count or break exchanges. */
  readonly transport?: ScimTransport;
  /** Stops every call when it fires. */
  readonly signal?: AbortSignal;
  /** Overrides how long the provider waits for a whole answer, in milliseconds. Default: as long as the real one. */
  readonly timeoutMs?: number;
}

/** One call. `purpose` and `subject` complete the sentence "Okta could not <purpose> <subject>". */
export interface ScimCall {
  readonly purpose: string;
  readonly subject: string;
  readonly method: ScimRequest["method"];
  /** Below the base URL, already encoded. */
  readonly path: string;
  readonly body?: unknown;
  /** The statuses the provider takes for success. */
  readonly accept: readonly number[];
}

/** A resource as the server returned it. Wire names stay. */
export type ScimResource = Readonly<Record<string, unknown>> & { readonly id: string };

/** An answer with one of the accepted statuses. */
export interface ScimAnswer {
  readonly status: number;
  /** The resource in the body. @throws ContractError when the body is not a SCIM resource with an id. */
  resource(): ScimResource;
  /** The resources of a list. @throws ContractError when the body is not a SCIM list with integer counts. */
  list(): readonly ScimResource[];
  /** How many resources a list has on all its pages; 0 where the body is no list. */
  total(): number;
}

/** Sends SCIM calls in one provider's dialect to one directory. */
export interface ScimClient {
  /**
   * @throws ApiError for a status the call does not accept. @throws ConnectionError when no whole answer arrives.
   */
  call(call: ScimCall): Promise<ScimAnswer>;
}

/** @throws ConfigError when the address or the token cannot be used. */
export function createScimClient(dialect: ScimDialect, options: ConnectionOptions): ScimClient {
  const root = parseRoot(dialect, options.baseUrl);
  const token = checkToken(dialect, options.token);
  const runtime = options.runtime ?? systemRuntime;
  const transport = options.transport ?? sendOverHttp;
  const timeoutMs = options.timeoutMs ?? dialect.timeoutMs;

  return {
    async call(call) {
      const startedMs = runtime.now();
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
      const request = buildRequest(dialect, call, { root, token });
      const response = await transport(request, signal).catch((error: unknown) => {
        throw describeFailure(error, call, { dialect, root });
      });
      const fields = { provider: dialect.provider, method: call.method, status: response.status };
      runtime.log.debug({ ...fields, durationMs: runtime.now() - startedMs }, "SCIM call answered");
      if (!call.accept.includes(response.status)) {
        throw refusal(response, call, { dialect, token });
      }
      return parseAnswer(response, label(dialect, call));
    },
  };
}

/** Flags an admin put behind the SCIM address as a query, for example `aadOptscim062020`. */
export function addressFlags(baseUrl: string): readonly string[] {
  return URL.canParse(baseUrl) ? [...new URL(baseUrl).searchParams.keys()] : [];
}

/** A resource's path below the base URL. @throws ContractError for an id that would change which path is meant. */
export function resourcePath(type: "Users" | "Groups", id: string): string {
  if (id === "" || id === "." || id === "..") {
    throw new ContractError(`The server gave a resource the id "${id}", which cannot be part of an address.`, {
      issues: [{ path: "id", message: "must not be empty or a dot segment" }],
      retryable: false,
    });
  }
  return `/${type}/${encodeURIComponent(id)}`;
}

/** `attribute eq "value"`, encoded for a query, with the value quoted as JSON (RFC 7644 §3.4.2.2). */
export function equalsFilter(attribute: string, value: string): string {
  return encodeURIComponent(`${attribute} eq ${JSON.stringify(value)}`);
}

function parseRoot(dialect: ScimDialect, baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.username !== "" || url.password !== "") {
    throw new ConfigError(
      `${dialect.provider} needs the directory's SCIM address as an http or https URL without a user name in it.`,
      { where: "baseUrl" },
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

function checkToken(dialect: ScimDialect, token: string): string {
  // A line break or a space means that the token was pasted with its surroundings; it would fail as an obscure 401.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ConfigError(
      `${dialect.provider} needs the directory's bearer token: one word, without spaces or line breaks.`,
      { where: "token" },
    );
  }
  return token;
}

function buildRequest(dialect: ScimDialect, call: ScimCall, target: { root: string; token: string }): ScimRequest {
  const headers = { ...dialect.headers, Authorization: `Bearer ${target.token}` };
  const base = { method: call.method, url: `${target.root}${call.path}` };
  if (call.body === undefined) {
    return { ...base, headers };
  }
  return { ...base, headers: { ...headers, "Content-Type": dialect.contentType }, body: JSON.stringify(call.body) };
}

function label(dialect: ScimDialect, call: ScimCall): string {
  return `${dialect.provider} could not ${call.purpose} ${call.subject}: ${call.method} ${call.path}`;
}

function describeFailure(
  error: unknown,
  call: ScimCall,
  { dialect, root }: { dialect: ScimDialect; root: string },
): unknown {
  if (!(error instanceof ConnectionError)) {
    return error;
  }
  return new ConnectionError(
    `${label(dialect, call)}: ${error.message}. Check that a SCIM server runs at ${root}, then try again.`,
    { code: error.code, cause: error.cause },
  );
}

// Long enough for what a server should send (the longest scimType of RFC 7644 §3.12 has 13 letters), short enough for a
// line or two of a terminal.
const typeCharactersMax = 40;
const detailCharactersMax = 300;
const excerptCharactersMax = 500;

function refusal(response: ScimResponse, call: ScimCall, context: { dialect: ScimDialect; token: string }): ApiError {
  const text = response.text.replaceAll(context.token, "[token]");
  const body = parseJson(text);
  const problem = isRecord(body) ? body : {};
  const type = readable(problem["scimType"], typeCharactersMax);
  const detail = readable(problem["detail"], detailCharactersMax)?.replace(/\.$/, "") ?? null;
  const said = [String(response.status), type, detail].filter((part) => part !== null).join(", ");
  return new ApiError(`${label(context.dialect, call)} answered ${said}. ${advice(response.status)}`, {
    code: type ?? `http_${response.status}`,
    status: response.status,
    retryable: response.status === 429 || response.status >= 500,
    requestId: response.headers["x-request-id"] ?? null,
    retryAfterMs: parseRetryAfterMs(response.headers["retry-after"]),
    problems: [],
    bodyExcerpt: text.slice(0, excerptCharactersMax),
  });
}

/** A server's text, cut to size; without the control characters that could rewrite a terminal. */
function readable(text: unknown, charactersMax: number): string | null {
  return typeof text === "string" && text !== "" ? text.replace(/\p{Cc}/gu, " ").slice(0, charactersMax) : null;
}

function advice(status: number): string {
  switch (true) {
    case status === 401 || status === 403:
      return "Check that the bearer token belongs to this directory and was not replaced.";
    case status === 404:
      return "Check the SCIM address, and that the directory still exists.";
    case status === 409:
      return "Somebody else has this name already; assign again to match the existing one.";
    case status === 429:
      return "The server asks for fewer calls; try again later.";
    case status >= 500:
      return "The fault is on the server's side; look at its log, then try again.";
    default:
      return "The server refuses what this provider really sends; compare the request with the provider's documentation.";
  }
}

/** Only the seconds form: no SCIM server we know of sends a date, and a wrong guess would wait for years. */
function parseRetryAfterMs(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : null;
}

function parseAnswer(response: ScimResponse, asked: string): ScimAnswer {
  const fail = (path: string, message: string): never => {
    throw new ContractError(
      `${asked} answered ${response.status}, but ${message}. Check that this is the address of a SCIM server.`,
      { issues: [{ path, message }] },
    );
  };
  const read = (value: unknown, path: string): ScimResource =>
    isResource(value) ? value : fail(path, "the body is not a SCIM resource with an id");

  return {
    status: response.status,
    resource: () => read(parseJson(response.text), ""),
    total: () => {
      const body = parseJson(response.text);
      const total = isRecord(body) ? body["totalResults"] : undefined;
      return typeof total === "number" ? total : 0;
    },
    list: () => {
      const body = parseJson(response.text);
      if (!isRecord(body)) {
        return fail("", "the body is not a SCIM list");
      }
      // Okta stops an import when one of these is a string (Okta SCIM 2.0 reference, "Retrieve Users").
      for (const count of ["totalResults", "startIndex", "itemsPerPage"]) {
        if (body[count] !== undefined && !Number.isInteger(body[count])) {
          fail(count, `"${count}" is not an integer`);
        }
      }
      const resources = body["Resources"] ?? [];
      if (body["totalResults"] === undefined || !Array.isArray(resources)) {
        return fail("totalResults", "the body is not a SCIM list");
      }
      return resources.map((resource, index) => read(resource, `Resources.${index}`));
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON is an answer too (a proxy's page); the callers above say so with the call's name.
    return undefined;
  }
}

function isResource(value: unknown): value is ScimResource {
  return isRecord(value) && typeof value["id"] === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
