import { expect, test } from "vitest";
import * as z from "zod";
import { HttpProblem } from "../http/problem.ts";
import { parseBody } from "./bodies.ts";

const schema = z.strictObject({
  name: z.string(),
  size: z.number().optional(),
  inner: z.strictObject({ on: z.boolean() }).optional(),
  more: z.record(z.string().regex(/^[a-z]*$/u, "lower-case letters only"), z.string()).optional(),
});

function invalid(field: string, message: string): object {
  return { code: "invalid", field, message };
}

function refusal(body: unknown): unknown {
  try {
    return parseBody(schema, body);
  } catch (error) {
    return error instanceof HttpProblem ? error.body : error;
  }
}

test.each<[string, unknown, object[]]>([
  ["is missing", {}, [{ code: "required", field: "name" }]],
  ["is of another kind", { name: 1 }, [invalid("name", "Invalid input: expected string, received number")]],
  ["is no name for an attribute", { name: "x", more: { Ä: "y" } }, [invalid("more.Ä", "lower-case letters only")]],
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
  ["the whole body is", [], [invalid("body", "Invalid input: expected object, received array")]],
])("what %s is named, and why", (_what, body, errors) => {
  expect(refusal(body)).toEqual({ message: "Validation failed.", errors });
});

test.each([
  ["unknown", (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 1]))],
  ["invalid", (names: readonly string[]) => ({ more: Object.fromEntries(names.map((name) => [name, "x"])) })],
])("a body that is all %s names is not said back whole", (code, made) => {
  const names = Array.from({ length: 1_000 }, (_none, index) => `${String(index)}${"x".repeat(10_000)}`);
  const text = JSON.stringify(refusal({ name: "x", ...made(names) }));
  expect(text.length).toBeLessThan(10_000);
  expect(text).toContain(`"${code}"`);
});
