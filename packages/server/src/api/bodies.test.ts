import { expect, test } from "vitest";
import * as z from "zod";
import { HttpProblem } from "../http/problem.ts";
import { parseBody } from "./bodies.ts";

const schema = z.strictObject({
  name: z.string(),
  size: z.number().optional(),
  inner: z.strictObject({ on: z.boolean() }).optional(),
});

function refusal(body: unknown): unknown {
  try {
    return parseBody(schema, body);
  } catch (error) {
    return error instanceof HttpProblem ? error.body : error;
  }
}

test.each<[string, unknown, object[]]>([
  ["is missing", {}, [{ code: "required", field: "name" }]],
  ["is of another kind", { name: 1 }, [{ code: "invalid", field: "name" }]],
  ["is not known", { name: "x", sise: 1 }, [{ code: "unknown", field: "sise" }]],
  ["is not known further in", { name: "x", inner: { on: true, of: 1 } }, [{ code: "unknown", field: "inner.of" }]],
  [
    "is not known, with one that is missing",
    { sise: 1 },
    [
      { code: "required", field: "name" },
      { code: "unknown", field: "sise" },
    ],
  ],
  ["the whole body is", [], [{ code: "invalid", field: "body" }]],
])("what %s is named", (_what, body, errors) => {
  expect(refusal(body)).toEqual({ message: "Validation failed.", errors });
});

test("a body that is all unknown names is not said back whole", () => {
  const names = Array.from({ length: 1_000 }, (_none, index) => `${String(index)}${"x".repeat(10_000)}`);
  const text = JSON.stringify(refusal({ name: "x", ...Object.fromEntries(names.map((name) => [name, 1])) }));
  expect(text.length).toBeLessThan(10_000);
  expect(text).toContain('"unknown"');
});
