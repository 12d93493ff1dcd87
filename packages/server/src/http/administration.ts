import { Hono } from "hono";
import type { Context, MiddlewareHandler } from "hono";
import { actionOf } from "../audit/actions.ts";
import { AuditedStore } from "../audit/audited-store.ts";
import { apiKeyOf } from "./auth.ts";
import { nothingHere } from "./nothing-here.ts";
import { unauthorized } from "./problem.ts";
import type { RequestVariables, Services } from "./services.ts";

type Env = { Variables: RequestVariables };

/** Routes for holders of the API key, and where they are mounted. */
export type Administration = readonly (readonly [prefix: string, routes: (services: Services) => Hono<Env>])[];

const readingMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Mounts them behind the API key. A request that changes something is answered over a store of its own, which puts it on
 * record with its first change; so no route can forget to, and none has to think of it.
 */
export function mountAdministration(app: Hono<Env>, services: Services, administration: Administration): void {
  for (const [prefix, routes] of administration) {
    const guarded = new Hono<Env>({ strict: false });
    guarded.use("*", guard(services, administration));
    guarded.route("/", routes(services));
    app.route(prefix, guarded);
  }
}

function guard(services: Services, administration: Administration): MiddlewareHandler<Env> {
  return async (context, next) => {
    const keyDigest = apiKeyOf(context.req.header("authorization"), services.config.apiKeyDigests);
    if (keyDigest === null) throw unauthorized();
    if (!readingMethods.has(context.req.method)) {
      // Tells keys apart, and is far too short to find one by.
      return await audited(services, context, { administration, actorId: keyDigest.slice(0, 8) });
    }
    await next();
    return undefined;
  };
}

interface Audit {
  readonly administration: Administration;
  readonly actorId: string;
}

async function audited(
  services: Services,
  context: Context<Env>,
  { administration, actorId }: Audit,
): Promise<Response> {
  const requestId = context.get("requestId");
  const { action, targetId } = actionOf(context.req.method, context.req.path);
  const store = new AuditedStore(services.store, services.ids, {
    actor_type: "api_key",
    actor_id: actorId,
    action,
    target_id: targetId,
    request_id: requestId,
    user_agent: context.req.header("user-agent")?.slice(0, 512) ?? null,
  });
  const app = new Hono<Env>({ strict: false });
  app.use("*", async (inner, next) => {
    inner.set("requestId", requestId);
    await next();
  });
  for (const [prefix, routes] of administration) {
    const hints = { changesNothing: () => store.skip(), isAbout: (id: string) => store.about(id) };
    app.route(prefix, routes({ ...services, store, ...hints }));
  }
  app.notFound(nothingHere(app));
  app.onError((error) => {
    // Answered by whoever has called.
    throw error;
  });
  const response = await app.fetch(context.req.raw);
  if (response.ok) await store.settle();
  return response;
}
