import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonDepthMax, nestsDeeper, textNestsDeeper } from "./json-depth.ts";
import { anything, callsTo, failure } from "./test-calls.ts";
import { serve } from "./test-server.ts";

/** The two that must agree: one looks at what was parsed, the other at the text before that. */
const judges = [
  ["a parsed value", (text: string, depthMax: number) => nestsDeeper(JSON.parse(text), depthMax)],
  ["JSON text", (text: string, depthMax: number) => textNestsDeeper(new TextEncoder().encode(text), depthMax)],
] as const;

/** The plain way to say how deep a value nests. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe.each(judges)("the depth of %s", (_of, isDeeper) => {
  test.each([
    ["a list", "[[[1]]]", 3],
    ["an object", '{"a":{"b":{"c":1}}}', 3],
    ["both", '{"a":[{"b":[1]}]}', 4],
    ["brackets inside strings", '["[[[[[", "}}}}}", {"{{{": "]]"}]', 2],
    ["a quote that is escaped", String.raw`["\"[[[[", "\\", [1]]`, 2],
    ["siblings", "[[],[],[],[[]]]", 3],
    ["names that objects inherit", '{"__proto__":{"constructor":[1]}}', 3],
    ["no nesting", '"x"', 0],
  ])("is found for %s", (_name, text, depth) => {
    expect(isDeeper(text, depth)).toBe(false);
    if (depth > 0) expect(isDeeper(text, depth - 1)).toBe(true);
  });

  test("is that of the parsed value, whatever it holds", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(8), fc.nat(2), (value, depthMax, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(isDeeper(text, depthMax)).toBe(depthOf(value) > depthMax);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("an answer that nests", () => {
  const nested = (depth: number): string => `{"deep":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

  test.each([
    ["as deep as allowed", jsonDepthMax, undefined],
    ["one level too deep", jsonDepthMax + 1, "too_deep"],
    // Short enough to be parsed, and too long for that: parsed, these levels would take hundreds of megabytes.
    ["a hundred thousand levels deep", 100_000, "too_deep"],
    ["ten million levels deep", 10_000_000, "too_deep"],
  ])("%s", async (_name, depth, code) => {
    const server = await serve((_request, response) => response.writeHead(200).end(nested(depth)));
    const error = await failure(callsTo(server.url).read({ method: "GET", path: "/things" }, anything));
    expect((error as { code?: string } | undefined)?.code).toBe(code);
    if (code !== undefined) expect(error).toMatchObject({ name: "ContractError", retryable: false });
  });
});
