import type { Context, Env, Hono } from "hono";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/**
 * The answer where no route is: 405 with the methods that the address has (RFC 9110 section 15.5.6), and 404 where there is
 * no such address.
 */
export function nothingHere<E extends Env>(app: Hono<E>): (context: Context<E>) => Response {
  return (context) => {
    const { method, path } = context.req;
    const allowed = methods.filter((each) => {
      const [handlers] = app.router.match(each, path);
      // Guards stand before everything, and take every method.
      return handlers.some(([[, route]]) => route.method === each);
    });
    if (allowed.length === 0) return context.json({ message: "Not found." }, 404);
    context.header("Allow", allowed.join(", "));
    return context.json({ message: `This address takes ${allowed.join(", ")}, and not ${method}.` }, 405);
  };
}
