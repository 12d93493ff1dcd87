import type * as z from "zod";
import { type RefusedField, validationFailed } from "../http/problem.ts";

/** Names are the caller's, and are said again only as far as they help. */
const refusedMax = 20;
const nameCharactersMax = 200;

/** Checks a request body. @throws HttpProblem 422 naming every field that is wrong or unknown, never its value */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw validationFailed(parsed.error.issues.flatMap((issue) => refusedBy(issue, body)).slice(0, refusedMax));
}

function refusedBy(issue: z.core.$ZodIssue, body: unknown): RefusedField[] {
  const { path } = issue;
  // Said of the object around it, which is right: the name is what a person has to look for.
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({ code: "unknown", field: fieldAt([...path, key]) }));
  }
  if (isAbsent(body, path)) return [{ code: "required", field: fieldAt(path) }];
  // Of a name that is none, zod says what is wrong one level further in.
  const { message } = (issue.code === "invalid_key" ? issue.issues[0] : undefined) ?? issue;
  return [{ code: "invalid", field: fieldAt(path), message }];
}

function fieldAt(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "body" : path.map(String).join(".").slice(0, nameCharactersMax);
}

function isAbsent(body: unknown, path: readonly PropertyKey[]): boolean {
  let value = body;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return true;
    value = Reflect.get(value, key);
  }
  return value === undefined;
}
