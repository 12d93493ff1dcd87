import type { Operation, Operations } from "./operation.ts";
import { directoryOperations } from "./operations/directories.ts";
import { logOperations } from "./operations/log.ts";
import { operatingOperations } from "./operations/operating.ts";
import { peopleOperations } from "./operations/people.ts";

/** What each route does. A test holds it against the routes there are. */
export const operations: Operations = {
  ...directoryOperations,
  ...peopleOperations,
  ...logOperations,
  ...operatingOperations,
};

/** A route with what it does. */
export interface DescribedRoute {
  readonly method: string;
  /** With `:parameter`. */
  readonly path: string;
  readonly operation: Operation;
}

/**
 * The routes that belong into the document, in the order of the router: all but those of SCIM, which describes itself at
 * `/Schemas`, `/ResourceTypes` and `/ServiceProviderConfig`, and but the pages of the setup portal, which are for people.
 * @throws TypeError for a route that nothing is said of
 */
export function describedRoutes(routes: readonly string[]): readonly DescribedRoute[] {
  return [...new Set(routes)]
    .filter((route) => !/ \/scim\//u.test(route) && !/ \/portal\/(?!generate_link)/u.test(route))
    .map((route) => {
      const operation = operations[route];
      if (operation === undefined) throw new TypeError(`The OpenAPI document says nothing of ${route}.`);
      const [method = "", path = ""] = route.split(" ");
      return { method, path, operation };
    });
}
