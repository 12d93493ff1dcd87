import type * as z from "zod";
import { type RefusedField, validationFailed } from "../http/problem.ts";

/** Names are the caller's, and are said again only as far as they help. */
const unknownMax = 20;
const nameCharactersMax = 200;

/** Checks a request body. @throws HttpProblem 422 naming every field that is wrong or unknown, never its value */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw validationFailed(
    parsed.error.issues.flatMap((issue) => {
      // Said of the object around it, which is right: the name is what a person has to look for.
      if (issue.code === "unrecognized_keys")
        return issue.keys.slice(0, unknownMax).map((key) => unknown([...issue.path, key]));
      return [{ code: isAbsent(body, issue.path) ? "required" : "invalid", field: fieldAt(issue.path) }];
    }),
  );
}

function unknown(path: readonly PropertyKey[]): RefusedField {
  return { code: "unknown", field: fieldAt(path).slice(0, nameCharactersMax) };
}

function fieldAt(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "body" : path.map(String).join(".");
}

function isAbsent(body: unknown, path: readonly PropertyKey[]): boolean {
  let value = body;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return true;
    value = Reflect.get(value, key);
  }
  return value === undefined;
}
