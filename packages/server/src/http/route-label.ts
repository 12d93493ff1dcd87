import type { Context } from "hono";
import { matchedRoutes } from "hono/route";

/** The route that took a request, as it is declared: with `:id`, never with an id. */
export function routeLabel(context: Context): { readonly method: string; readonly route: string } {
  const routes = matchedRoutes(context);
  const own = routes.find(({ method }) => method !== "ALL");
  if (own !== undefined) return { method: own.method, route: own.path };
  // What is left are guards, which stand before everything, and answers to wrong methods.
  const anyMethod = routes.find(({ path }) => !path.endsWith("*"));
  return { method: "any", route: anyMethod?.path ?? "none" };
}
