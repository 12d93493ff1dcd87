import { Hono } from "hono";
import type { Context } from "hono";
import { authenticate } from "../http/auth.ts";
import { retryAfterSeconds } from "../http/failures.ts";
import { readJson } from "../http/limits.ts";
import { scimUrlOf } from "../http/services.ts";
import type { Services } from "../http/services.ts";
import { scimAnswer } from "./answers.ts";
import type { ScimEnv } from "./answers.ts";
import { answerBulk } from "./bulk.ts";
import { resourceType, resourceTypes, schema, schemas, serviceProviderConfig } from "./discovery.ts";
import { ScimError, toScimErrorBody } from "./error.ts";
import { groupRoutes } from "./groups.ts";
import type { JsonObject } from "./json.ts";
import { refusalOf } from "./refusal.ts";
import { onlyMethods, queryOf } from "./request.ts";
import { searchEverything } from "./root-search.ts";
import { searchQuery } from "./search.ts";
import { settingsOf } from "./settings.ts";
import type { ScimSettings } from "./settings.ts";
import { userRoutes } from "./users.ts";

/** The SCIM endpoint of one directory, to be mounted where the URL names its `external_key`. */
export function scimRoutes(services: Services): Hono<ScimEnv> {
  const app = new Hono<ScimEnv>({ strict: false });
  app.use("*", async (context, next) => {
    const externalKey = context.req.param("external_key") ?? "";
    const authorization = context.req.header("authorization");
    const nowMs = services.config.runtime.now();
    const admission = await authenticate(services.store, { authorization, externalKey, nowMs });
    if (admission === null) {
      services.tokens.refused(externalKey);
      throw unauthorized();
    }
    const { directory, scope, tokenSeq } = admission;
    services.tokens.used(tokenSeq);
    if (scope === "read_only" && !isReading(context.req)) throw readOnly();
    context.set("directory", directory);
    context.set("settings", settingsOf(directory));
    context.set("scimUrl", scimUrlOf(services, context.req.url, directory));
    await next();
  });
  app.route("/Users", userRoutes(services));
  app.route("/Groups", groupRoutes(services));
  app.get("/", (context) => searchEverything(services, context, queryOf(context)));
  app.post("/.search", async (context) => {
    return await searchEverything(services, context, searchQuery(await readJson(context.req.raw)));
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

function refuse(services: Services, error: unknown, context: Context<ScimEnv>): Response {
  const refusal = refusalOf(error, services, context.get("requestId"));
  const headers: Record<string, string> = {};
  if (refusal.allow !== undefined) headers["Allow"] = refusal.allow;
  if (refusal.status === 401) headers["WWW-Authenticate"] = 'Bearer realm="scim", Basic realm="scim"';
  if (refusal.status === 503) headers["Retry-After"] = String(retryAfterSeconds);
  return scimAnswer(context, toScimErrorBody(refusal), { status: refusal.status, headers });
}
