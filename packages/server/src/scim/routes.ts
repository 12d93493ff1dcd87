import { Hono } from "hono";
import type { Context, MiddlewareHandler } from "hono";
import { authenticate } from "../http/auth.ts";
import type { Admission } from "../http/auth.ts";
import { retryAfterSeconds } from "../http/failures.ts";
import { scimUrlOf } from "../http/services.ts";
import type { Services } from "../http/services.ts";
import { scimAnswer } from "./answers.ts";
import type { ScimEnv } from "./answers.ts";
import { answerBulk } from "./bulk/bulk.ts";
import { resourceType, resourceTypes, schema, schemas, serviceProviderConfig } from "./discovery.ts";
import { ScimError, toScimErrorBody } from "./error.ts";
import { preconditionsOf } from "./etag.ts";
import { groupRoutes } from "./groups.ts";
import type { JsonObject } from "./json.ts";
import { refusalOf } from "./refusal.ts";
import { onlyMethods, queryOf, searchOf } from "./request.ts";
import { refuseManyNames } from "./lists/projection.ts";
import { searchEverything } from "./lists/root-search.ts";
import { settingsOf } from "./settings.ts";
import type { ScimSettings } from "./settings.ts";
import { userRoutes } from "./users.ts";

/** Whose request it is; null when it is nobody's. */
type Access = (request: Asking) => Promise<Pick<Admission, "directory" | "scope"> | null>;

/** What a request says about whose it is. */
interface Asking {
  readonly authorization: string | undefined;
  readonly externalKey: string;
}

/**
 * The SCIM endpoint of one directory, to be mounted where the URL names its `external_key`. Unless said otherwise, whoever
 * has the directory's token has access.
 */
export function scimRoutes(services: Services, access: Access = byToken(services)): Hono<ScimEnv> {
  const app = new Hono<ScimEnv>({ strict: false });
  if (services.recorder.isOn) app.use("*", recording(services));
  app.use("*", async (context, next) => {
    const externalKey = context.req.param("external_key") ?? "";
    const admission = await access({ authorization: context.req.header("authorization"), externalKey });
    if (admission === null) {
      services.tokens.refused(externalKey);
      throw unauthorized();
    }
    const { directory, scope } = admission;
    context.set("directory", directory);
    const waitSeconds = services.limiter.admit(directory.seq);
    if (waitSeconds !== null) throw tooMany(services, waitSeconds);
    if (scope === "read_only" && !isReading(context.req)) throw readOnly();
    context.set("settings", settingsOf(directory));
    context.set("scimUrl", scimUrlOf(services, context.req.url, directory));
    await next();
  });
  app.use("*", bounded);
  app.route("/Users", userRoutes(services));
  app.route("/Groups", groupRoutes(services));
  app.get("/", (context) => searchEverything(services, context, queryOf(context)));
  app.all("/", onlyMethods("GET"));
  app.post("/.search", async (context) => {
    return await searchEverything(services, context, await searchOf(context));
  });
  app.all("/.search", onlyMethods("POST"));
  app.post("/Bulk", (context) => answerBulk(services, context));
  app.all("/Bulk", onlyMethods("POST"));
  app.all("/Me", () => {
    // RFC 7644 section 3.11 asks for 501 where there is no such alias.
    throw new ScimError("The token stands for a directory, not for a person: read /Users/{id}.", { status: 501 });
  });
  app.route("/", discoveryRoutes());
  app.all("*", () => {
    throw new ScimError("There is nothing at this address.", { status: 404 });
  });
  app.onError((error, context) => refuse(services, error, context));
  return app;
}

/** Before anything is done: a change would be made, and its answer refused. */
const bounded: MiddlewareHandler<ScimEnv> = async (context, next) => {
  refuseManyNames(queryOf(context));
  await next();
};

function byToken({ store, tokens, config }: Services): Access {
  return async (request) => {
    const admission = await authenticate(store, { ...request, nowMs: config.runtime.now() });
    if (admission !== null) tokens.used(admission.tokenSeq);
    return admission;
  };
}

/** Remembers each request and its answer, once there is one. */
function recording({ recorder, config }: Services): MiddlewareHandler<ScimEnv> {
  return async (context, next) => {
    const atMs = config.runtime.now();
    await next();
    const externalKey = context.req.param("external_key") ?? "";
    const { url, method } = context.req;
    const endpoint = `/scim/v2.0/${externalKey}`;
    recorder.record({
      id: context.get("requestId"),
      directory: context.get("directory") ?? null,
      externalKey,
      atMs,
      durationMs: config.runtime.now() - atMs,
      method,
      path: url.slice(url.indexOf(endpoint) + endpoint.length),
      status: context.res.status,
      userAgent: context.req.header("user-agent") ?? null,
      ...preconditionsOf(context.req.raw),
      requestText: context.get("requestText") ?? null,
      responseText: context.get("responseText") ?? null,
    });
  };
}

/** What the service tells about itself (RFC 7644 section 4): to read, and never to filter. */
function discoveryRoutes(): Hono<ScimEnv> {
  const app = new Hono<ScimEnv>({ strict: false });
  const serve = (
    path: string,
    document: (baseUrl: string, settings: ScimSettings, name: string) => JsonObject | null,
  ): void => {
    app.get(path, (context) => {
      if (queryOf(context).has("filter")) {
        throw new ScimError("These documents cannot be filtered; read them all.", { status: 403 });
      }
      return scimAnswer(
        context,
        found(document(context.get("scimUrl"), context.get("settings"), context.req.param("name") ?? "")),
      );
    });
    app.all(path, onlyMethods("GET"));
  };
  serve("/ServiceProviderConfig", serviceProviderConfig);
  serve("/ResourceTypes", resourceTypes);
  serve("/ResourceTypes/:name", resourceType);
  serve("/Schemas", schemas);
  serve("/Schemas/:name", schema);
  return app;
}

function found<T>(document: T | null): T {
  if (document === null) throw new ScimError("There is no such document.", { status: 404 });
  return document;
}

function unauthorized(): ScimError {
  return new ScimError("The bearer token is missing, wrong, or not the one of this directory.", { status: 401 });
}

/** A query by POST (RFC 7644 section 3.4.3) reads as well. */
function isReading({ method, path }: { readonly method: string; readonly path: string }): boolean {
  return method === "GET" || method === "HEAD" || (method === "POST" && path.endsWith("/.search"));
}

function readOnly(): ScimError {
  return new ScimError("This token may only read. Use one whose scope is provisioning.", { status: 403 });
}

function tooMany({ config }: Services, retryAfterSeconds: number): ScimError {
  const { perSecond } = config.scimRate;
  const detail = `The directory has sent more requests than the ${String(perSecond)} a second that it may; wait as Retry-After says.`;
  return new ScimError(detail, { status: 429, retryAfterSeconds });
}

function refuse(services: Services, error: unknown, context: Context<ScimEnv>): Response {
  const refusal = refusalOf(error, services, context.get("requestId"));
  const headers: Record<string, string> = {};
  if (refusal.allow !== undefined) headers["Allow"] = refusal.allow;
  // RFC 9110 section 15.5.16: which encodings would have been taken.
  if (refusal.status === 415) headers["Accept-Encoding"] = "gzip";
  if (refusal.status === 401) headers["WWW-Authenticate"] = 'Bearer realm="scim", Basic realm="scim"';
  if (refusal.retryAfterSeconds !== undefined) headers["Retry-After"] = String(refusal.retryAfterSeconds);
  if (refusal.status === 503) headers["Retry-After"] = String(retryAfterSeconds);
  return scimAnswer(context, toScimErrorBody(refusal), { status: refusal.status, headers });
}
