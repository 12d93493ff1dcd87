import fc from "fast-check";
import { TrieRouter } from "hono/router/trie-router";
import type { Result, Router } from "hono/router";
import { describe, expect, test } from "vitest";
import { SegmentRouter } from "./segment-router.ts";

const routes = [
  "ALL /*",
  "GET /",
  "GET /healthz",
  "ALL /scim/:key/*",
  "POST /scim/:key/Users",
  "POST /scim/:key/Users/.search",
  "ALL /scim/:key/Users/.search",
  "GET /scim/:key/Users/:id",
  "ALL /scim/:key/Users/:id",
  "GET /scim/:key",
  "ALL /scim/:key/*",
  "GET /organizations/external_id/:external",
  "GET /organizations/:id",
  "DELETE /organizations/:id/tokens/:token",
];

function filled<R extends Router<string>>(router: R): R {
  for (const route of routes) {
    const [method = "", path = ""] = route.split(" ");
    router.add(method, path, route);
  }
  return router;
}

/** Which routes were found, with the values of their names. */
function foundIn([entries, segments]: Result<string>): object[] {
  return entries.map(([route, found]) => {
    const names: Readonly<Record<string, string | number>> = found;
    const values: Record<string, string | undefined> = {};
    for (const [name, at] of Object.entries(names)) values[name] = typeof at === "number" ? segments?.[at] : at;
    return { route, values };
  });
}

describe("routes of words, names and an open end", () => {
  const own = filled(new SegmentRouter<string>());
  const honos = filled(new TrieRouter<string>());
  const segments = ["", "scim", "k", "Users", ".search", "organizations", "external_id", "healthz", "tokens"];

  test("are found as Hono's own router finds them, in the order in which they were added", () => {
    const method = fc.constantFrom("GET", "POST", "DELETE", "PATCH");
    const path = fc
      .array(fc.constantFrom(...segments), { minLength: 1, maxLength: 7 })
      .map((each) => `/${each.join("/")}`);
    fc.assert(
      fc.property(method, path, (asked, at) => {
        expect(foundIn(own.match(asked, at))).toEqual(foundIn(honos.match(asked, at)));
      }),
      { numRuns: 2_000 },
    );
  });

  test("that come later are found as well", () => {
    const router = new SegmentRouter<string>();
    router.add("GET", "/a", "first");
    expect(foundIn(router.match("GET", "/b"))).toEqual([]);
    router.add("GET", "/:name", "second");
    expect(foundIn(router.match("GET", "/b"))).toEqual([{ route: "second", values: { name: "b" } }]);
    expect(foundIn(router.match("GET", "/a"))).toHaveLength(2);
  });

  test.each(["/a/*/b", "/a/:b?", String.raw`/a/:b{\d+}`, "/a*"])("a route like %s is refused", (path) => {
    expect(() => new SegmentRouter<string>().add("GET", path, "x")).toThrow(`The route ${path} has more than`);
  });
});
