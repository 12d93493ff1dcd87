import type * as z from "zod";
import { validationFailed } from "../http/problem.ts";

/** Checks a request body. @throws HttpProblem 422 naming every field that is wrong, never its value */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw validationFailed(
    parsed.error.issues.map((issue) => ({
      code: isAbsent(body, issue.path) ? "required" : "invalid",
      field: issue.path.length === 0 ? "body" : issue.path.map(String).join("."),
    })),
  );
}

function isAbsent(body: unknown, path: readonly PropertyKey[]): boolean {
  let value = body;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return true;
    value = Reflect.get(value, key);
  }
  return value === undefined;
}
