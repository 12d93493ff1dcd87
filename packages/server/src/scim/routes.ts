import { Hono } from "hono";
import type { Context } from "hono";
import { authenticate } from "../http/auth.ts";
import { failureOf, retryAfterSeconds } from "../http/failures.ts";
import { BodyError } from "../http/limits.ts";
import { baseUrlOf } from "../http/services.ts";
import type { Services } from "../http/services.ts";
import { scimAnswer } from "./answers.ts";
import type { ScimEnv } from "./answers.ts";
import { resourceType, resourceTypes, schema, schemas, serviceProviderConfig } from "./discovery.ts";
import { ScimError, toScimErrorBody } from "./error.ts";
import { groupRoutes } from "./groups.ts";
import { userRoutes } from "./users.ts";

/** The SCIM endpoint of one directory, to be mounted where the URL names its `external_key`. */
export function scimRoutes(services: Services): Hono<ScimEnv> {
  const app = new Hono<ScimEnv>({ strict: false });
  app.use("*", async (context, next) => {
    const externalKey = context.req.param("external_key") ?? "";
    const authorization = context.req.header("authorization");
    const directory = await authenticate(services.store, { authorization, externalKey });
    if (directory === null) throw unauthorized();
    context.set("directory", directory);
    context.set("scimUrl", `${baseUrlOf(services, context.req.url)}/scim/v2.0/${directory.external_key}`);
    await next();
  });
  app.route("/Users", userRoutes(services));
  app.route("/Groups", groupRoutes(services));
  app.route("/", discoveryRoutes());
  app.all("*", () => {
    throw new ScimError("There is nothing at this address.", { status: 404 });
  });
  app.onError((error, context) => refuse(services, error, context));
  return app;
}

function discoveryRoutes(): Hono<ScimEnv> {
  const app = new Hono<ScimEnv>({ strict: false });
  app.get("/ServiceProviderConfig", (context) => scimAnswer(context, serviceProviderConfig(context.get("scimUrl"))));
  app.get("/ResourceTypes", (context) => scimAnswer(context, resourceTypes(context.get("scimUrl"))));
  app.get("/ResourceTypes/:name", (context) =>
    scimAnswer(context, found(resourceType(context.get("scimUrl"), context.req.param("name")))),
  );
  app.get("/Schemas", (context) => scimAnswer(context, schemas(context.get("scimUrl"))));
  app.get("/Schemas/:urn", (context) =>
    scimAnswer(context, found(schema(context.get("scimUrl"), context.req.param("urn")))),
  );
  return app;
}

function found<T>(document: T | null): T {
  if (document === null) throw new ScimError("There is no such document.", { status: 404 });
  return document;
}

function unauthorized(): ScimError {
  return new ScimError("The bearer token is missing, wrong, or not the one of this directory.", { status: 401 });
}

function refuse(services: Services, error: unknown, context: Context<ScimEnv>): Response {
  const refusal = refusalOf(services, error, context);
  const headers: Record<string, string> = {};
  if (refusal.status === 401) headers["WWW-Authenticate"] = 'Bearer realm="scim"';
  if (refusal.status === 503) headers["Retry-After"] = String(retryAfterSeconds);
  return scimAnswer(context, toScimErrorBody(refusal), { status: refusal.status, headers });
}

function refusalOf(services: Services, error: unknown, context: Context<ScimEnv>): ScimError {
  if (error instanceof ScimError) return error;
  if (error instanceof BodyError) {
    return error.code === "too_large"
      ? new ScimError(error.message, { status: 413 })
      : new ScimError(error.message, { status: 400, scimType: "invalidSyntax" });
  }
  const failure = failureOf(error, services.config.runtime.log, context.get("requestId"));
  return new ScimError(failure.message, { status: failure.status });
}
