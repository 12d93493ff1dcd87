import { Hono } from "hono";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { backupRoutes } from "../api/backups.ts";
import { directoryRoutes } from "../api/directories.ts";
import { directoryImportRoutes } from "../api/directory-import.ts";
import { directoryMappingRoutes } from "../api/directory-mapping.ts";
import { directoryTokenRoutes } from "../api/directory-tokens.ts";
import { eventRoutes } from "../api/events.ts";
import { groupRoutes } from "../api/groups.ts";
import { organizationRoutes } from "../api/organizations.ts";
import { portalLinkRoutes } from "../api/portal.ts";
import { userRoutes } from "../api/users.ts";
import { webhookDeliveryRoutes } from "../api/webhook-deliveries.ts";
import { webhookEndpointRoutes } from "../api/webhook-endpoints.ts";
import { portalRoutes } from "../portal/routes.ts";
import { scimRoutes } from "../scim/routes.ts";
import { isApiKey } from "./auth.ts";
import { failureOf, retryAfterSeconds } from "./failures.ts";
import { BodyError } from "./limits.ts";
import { HttpProblem, unauthorized } from "./problem.ts";
import type { RequestVariables, Services } from "./services.ts";

type Env = { Variables: RequestVariables };

/** Every route of the server. Each part guards itself: no path is public because a list somewhere forgot it. */
export function createApp(services: Services): Hono<Env> {
  const app = new Hono<Env>({ strict: false });
  app.use("*", async (context, next) => {
    const requestId = services.ids.requestId();
    context.set("requestId", requestId);
    const startedMs = services.config.runtime.now();
    await next();
    context.header("X-Request-ID", requestId);
    const { method } = context.req;
    const durationMs = services.config.runtime.now() - startedMs;
    // The path stays out of the log: filters carry names and addresses.
    services.config.runtime.log.debug(
      { request_id: requestId, method, status: context.res.status, duration_ms: durationMs },
      "Answered.",
    );
  });
  app.get("/healthz", async (context) => {
    await services.store.read((data) => data.log.oldestId());
    return context.json({ status: "ok" });
  });
  app.route("/scim/v2.0/:external_key", scimRoutes(services));
  app.route("/directories", guarded(services, directoryRoutes(services)));
  app.route("/directories", guarded(services, directoryMappingRoutes(services)));
  app.route("/directories", guarded(services, directoryImportRoutes(services)));
  app.route("/directories", guarded(services, directoryTokenRoutes(services)));
  app.route("/directory_users", guarded(services, userRoutes(services)));
  app.route("/directory_groups", guarded(services, groupRoutes(services)));
  app.route("/organizations", guarded(services, organizationRoutes(services)));
  app.route("/events", guarded(services, eventRoutes(services)));
  app.route("/webhook_endpoints", guarded(services, webhookEndpointRoutes(services)));
  app.route("/webhook_endpoints", guarded(services, webhookDeliveryRoutes(services)));
  app.route("/backups", guarded(services, backupRoutes(services)));
  app.route("/portal/generate_link", guarded(services, portalLinkRoutes(services)));
  app.route("/portal", portalRoutes(services));
  app.notFound((context) => context.json({ message: "Not found." }, 404));
  app.onError((error, context) => answer(services, error, context));
  return app;
}

function guarded(services: Services, routes: Hono<Env>): Hono<Env> {
  const app = new Hono<Env>({ strict: false });
  app.use("*", async (context, next) => {
    if (!isApiKey(context.req.header("authorization"), services.config.apiKeyDigest)) throw unauthorized();
    await next();
  });
  app.route("/", routes);
  return app;
}

function answer(services: Services, error: unknown, context: Context<Env>): Response {
  if (error instanceof HttpProblem) return context.json(error.body, error.status as ContentfulStatusCode);
  if (error instanceof BodyError) {
    return context.json({ code: `body_${error.code}`, message: error.message }, error.code === "too_large" ? 413 : 400);
  }
  const failure = failureOf(error, services.config.runtime.log, context.get("requestId"));
  if (failure.status === 503) context.header("Retry-After", String(retryAfterSeconds));
  return context.json({ message: failure.message }, failure.status);
}
