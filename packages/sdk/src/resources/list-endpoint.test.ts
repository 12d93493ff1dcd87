import { expect, test } from "vitest";
import { object } from "../contract/check.ts";
import { callsTo } from "../http/test-calls.ts";
import { json, listBody, serve } from "../http/test-server.ts";
import { path } from "../http/path.ts";
import { listEndpoint, type PageOptions } from "./list-endpoint.ts";

// Each page names its neighbours: with `normal`, what is listed further on is what stands before.
test.each<[name: string, filters: PageOptions, cursors: readonly (readonly [string | null, string | null])[]]>([
  [
    "asc by after",
    { order: "asc" },
    [
      [null, null],
      [null, "one_after"],
    ],
  ],
  [
    "normal by before",
    { order: "normal" },
    [
      [null, null],
      ["one_before", null],
    ],
  ],
  [
    "normal behind a given after by after",
    { order: "normal", after: "a" },
    [
      [null, "a"],
      [null, "one_after"],
    ],
  ],
])("a list is walked on in order %s", async (_name, filters, cursors) => {
  const server = await serve(({ query }, response) => {
    const isSecond = [query.get("before"), query.get("after")].some((cursor) => cursor?.startsWith("one_") === true);
    json(response, isSecond ? listBody([{}]) : listBody([{}], "one_after", "one_before"));
  });
  const listing = listEndpoint(callsTo(server.url), {
    path: path`/things`,
    item: object({}),
    filters: { ...filters },
    options: undefined,
  });
  await expect(listing.toArray({ max: 5 })).resolves.toEqual([{}, {}]);
  expect(server.requests.map(({ query }) => [query.get("before"), query.get("after")])).toEqual(cursors);
});
