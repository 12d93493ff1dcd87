import { expect, test } from "vitest";
import { connectionFailure } from "./connection-failure.ts";

const request = { method: "GET", url: "https://api.test/users?email=alice", headers: {} } as const;

// Over fetch, it depends on who was first to load: Node sends by its own parser, or by the one of undici that an app has.
test.each([
  ["undici's", undefined, "headers", "no answer (it is not HTTP)"],
  ["Node's", "HPE_INVALID_CONSTANT", "headers", "no answer (it is not HTTP)"],
  ["Node's", "HPE_INVALID_CHUNK_SIZE", "body", "before the answer was whole (it is not HTTP)"],
] as const)("what %s parser refuses with the code %s is not HTTP, in the %s too", (_whose, code, stage, said) => {
  const refused = Object.assign(new Error("Response does not match"), { name: "HTTPParserError", code, data: "alice" });
  const error = connectionFailure(new TypeError("fetch failed", { cause: refused }), request, stage);
  expect(error.message).toContain(said);
  expect(error.cause).not.toHaveProperty("data");
});

test("headers that are too large are called that, although the parser refuses them", () => {
  const refused = Object.assign(new Error("Headers overflow"), {
    name: "HTTPParserError",
    code: "HPE_HEADER_OVERFLOW",
  });
  expect(connectionFailure(refused, request, "headers")).toMatchObject({ code: "headers_too_large" });
});
