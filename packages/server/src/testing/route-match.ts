/** Finds the route of a request among routes like `GET /directories/:id`. */
export function routeOf(routes: readonly string[], request: Request): string | null {
  const path = segmentsOf(new URL(request.url).pathname);
  // A path without parameters goes before one that would take it as a parameter.
  const matching = routes.filter((route) => matches(route, request.method, path));
  return matching.reduce<string | null>(
    (best, route) => (best === null || rank(route) < rank(best) ? route : best),
    null,
  );
}

function matches(route: string, method: string, path: readonly string[]): boolean {
  const [routeMethod, routePath = ""] = route.split(" ");
  if (routeMethod !== (method === "HEAD" ? "GET" : method)) return false;
  const segments = segmentsOf(routePath);
  return (
    segments.length === path.length &&
    segments.every((segment, index) => segment.startsWith(":") || segment === path[index])
  );
}

function segmentsOf(path: string): readonly string[] {
  return path.split("/").filter((segment) => segment !== "");
}

function rank(route: string): number {
  return route.split("/:").length;
}
