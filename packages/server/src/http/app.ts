import { Hono } from "hono";
import type { Context, MiddlewareHandler } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { auditLogRoutes } from "../api/audit-log.ts";
import { backupRoutes } from "../api/backups.ts";
import { directoryRoutes } from "../api/directories.ts";
import { directoryImportRoutes } from "../api/directory-import.ts";
import { directoryMappingRoutes } from "../api/directory-mapping.ts";
import { directoryTokenRoutes } from "../api/directory-tokens.ts";
import { eventRoutes } from "../api/events.ts";
import { groupRoutes } from "../api/groups.ts";
import { heldUserRoutes } from "../api/held-users.ts";
import { organizationRoutes } from "../api/organizations.ts";
import { portalLinkRoutes } from "../api/portal.ts";
import { scimRequestRoutes } from "../api/scim-requests.ts";
import { userRoutes } from "../api/users.ts";
import { webhookDeliveryRoutes } from "../api/webhook-deliveries.ts";
import { webhookEndpointRoutes } from "../api/webhook-endpoints.ts";
import { type OpenApiDocument, openApiDocument } from "../openapi/document.ts";
import { portalRoutes } from "../portal/routes.ts";
import { scimRoutes } from "../scim/routes.ts";
import { type Administration, mountAdministration } from "./administration.ts";
import { failureOf, retryAfterSeconds } from "./failures.ts";
import { createHealth } from "./health.ts";
import { BodyError } from "./limits.ts";
import { nothingHere } from "./nothing-here.ts";
import { pathOf } from "./path.ts";
import { HttpProblem } from "./problem.ts";
import { routeLabel } from "./route-label.ts";
import { baseUrlOf } from "./services.ts";
import type { RequestVariables, Services } from "./services.ts";

type Env = { Variables: RequestVariables };

/** Every route of the server. Each part guards itself: no path is public because a list somewhere forgot it. */
export function createApp(services: Services): Hono<Env> {
  const app = new Hono<Env>({ getPath: pathOf });
  app.use("*", watching(services));
  const health = createHealth(services.store, services.config.runtime);
  app.get("/healthz", async (context) => context.json({ status: await health() }));
  addOpenApi(app, services);
  app.route("/scim/v2.0/:external_key", scimRoutes(services));
  mountAdministration(app, services, administration);
  app.route("/portal", portalRoutes(services));
  app.notFound(nothingHere(app));
  app.onError((error, context) => answer(services, error, context));
  return app;
}

/** The document is about the routes that there are, so it is made when all are there. It tells nothing of what is stored. */
function addOpenApi(app: Hono<Env>, services: Services): void {
  let document: OpenApiDocument | null = null;
  app.get("/openapi.json", (context) => {
    document ??= openApiDocument(routesOf(app));
    return context.json({ ...document, servers: [{ url: baseUrlOf(services, context.req.url) }] });
  });
}

/** Every route of an app as `METHOD /path/:parameter`. */
export function routesOf(app: Hono<Env>): readonly string[] {
  return app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`);
}

/** Gives each request its id, and counts and logs its answer. */
function watching(services: Services): MiddlewareHandler<Env> {
  return async (context, next) => {
    const requestId = services.ids.requestId();
    context.set("requestId", requestId);
    const startedMs = services.config.runtime.now();
    await next();
    // On the answer itself: through the context, its body would be made anew, as a stream.
    if (context.get("isNamed") !== true) context.res.headers.set("X-Request-ID", requestId);
    const { method } = context.req;
    const durationMs = services.config.runtime.now() - startedMs;
    services.metrics.answered({ ...routeLabel(context), status: context.res.status, durationMs });
    // The path stays out of the log: filters carry names and addresses.
    services.config.runtime.log.debug(
      { request_id: requestId, method, status: context.res.status, duration_ms: durationMs },
      "Answered.",
    );
  };
}

/** What the holder of the API key may do. */
const administration: Administration = [
  ["/directories", directoryRoutes],
  ["/directories", directoryMappingRoutes],
  ["/directories", directoryImportRoutes],
  ["/directories", heldUserRoutes],
  ["/directories", directoryTokenRoutes],
  ["/directory_users", userRoutes],
  ["/directory_groups", groupRoutes],
  ["/organizations", organizationRoutes],
  ["/events", eventRoutes],
  ["/webhook_endpoints", webhookEndpointRoutes],
  ["/webhook_endpoints", webhookDeliveryRoutes],
  ["/scim_requests", scimRequestRoutes],
  ["/audit_log", auditLogRoutes],
  ["/backups", backupRoutes],
  ["/portal/generate_link", portalLinkRoutes],
];

function refuseBody({ code, message }: BodyError, context: Context<Env>): Response {
  const body = { code: `body_${code}`, message };
  if (code === "too_large") return context.json(body, 413);
  if (code !== "unknown_encoding") return context.json(body, 400);
  // RFC 9110 section 15.5.16: which encodings would have been taken.
  context.header("Accept-Encoding", "gzip");
  return context.json(body, 415);
}

function answer(services: Services, error: unknown, context: Context<Env>): Response {
  if (error instanceof HttpProblem) {
    // RFC 9110 section 15.5.2: how to do better.
    if (error.status === 401) context.header("WWW-Authenticate", 'Bearer realm="api"');
    return context.json(error.body, error.status as ContentfulStatusCode);
  }
  if (error instanceof BodyError) return refuseBody(error, context);
  const failure = failureOf(error, services.config.runtime.log, context.get("requestId"));
  if (failure.status === 503) context.header("Retry-After", String(retryAfterSeconds));
  return context.json({ message: failure.message }, failure.status);
}
