import { ConnectionError, ContractError, type ContractIssue } from "../errors.ts";
import { jsonDepthMax, nestsDeeper, textNestsDeeper } from "./json-depth.ts";
import type { HttpResponse } from "./transport.ts";
import { utf8Text } from "./utf8.ts";

/**
 * Larger text is looked at before it is parsed: a level of nesting is two bytes of text, and a hundred in memory. A page of
 * a hundred users is a tenth of this.
 */
const parsedBytesMax = 1_048_576;

/** Where an answer is not one of the API. */
export const whoAnswers = " Check baseUrl, and that no proxy answers in its place.";

/** Anything that checks a decoded body. zod schemas are this. */
export interface Schema<T> {
  /** Never throws: what is wrong with a value is part of the result. */
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly SchemaIssue[] } };
}

/** One place where a body differs from its schema. */
export interface SchemaIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * The JSON of a successful answer. `what` names the call in messages.
 * @throws ContractError `not_json` or `too_deep`; ConnectionError `body_cut` where only the JSON shows the cut.
 */
export function jsonOf(response: HttpResponse, what: string): unknown {
  const { body } = response;
  const isDeep = body.length > parsedBytesMax && textNestsDeeper(body, jsonDepthMax);
  let value: unknown;
  try {
    // Strict: a name with a broken character must not enter a directory as a question mark.
    if (!isDeep) value = JSON.parse(utf8Text(body));
  } catch {
    // The parser's own error is not kept as a cause: its message quotes the body.
    throw notJson(response, what);
  }
  if (isDeep || nestsDeeper(value, jsonDepthMax)) throw tooDeep(response, what);
  return value;
}

/** @throws ContractError for a body that is not what `schema` says. Its message says where, and never what was there. */
export function checked<T>(schema: Schema<T>, body: unknown, what: string): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issues = result.error.issues.map(flatIssue);
  const first = issues[0];
  const detail = first === undefined ? "no detail" : `${first.path === "" ? "body" : first.path}: ${first.message}`;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  throw new ContractError(`${what} answered something else than the contract: ${detail}${more}.`, { issues });
}

/** With its path as errors show it, `data.3.email`. */
export function flatIssue({ path, message }: SchemaIssue): ContractIssue {
  return { path: path.map(String).join("."), message };
}

function tooDeep(response: HttpResponse, what: string): ContractError {
  const message = `nests more than ${jsonDepthMax} levels deep`;
  const issues = [{ path: "", message }];
  const details = { code: "too_deep", retryable: false, issues };
  return new ContractError(`${what} answered ${response.status} with JSON that ${message}.`, details);
}

function notJson(response: HttpResponse, what: string): ConnectionError | ContractError {
  const { headers, status } = response;
  const type = headers["content-type"] ?? "";
  if (isUnframed(headers) && response.body.length > 0 && type.includes("json")) {
    const message = `${what} answered ${status}, but the connection ended before the answer was whole.`;
    return new ConnectionError(message, { code: "body_cut" });
  }
  const got = response.body.length === 0 ? "an empty body" : `a body of type ${JSON.stringify(type)}`;
  return new ContractError(`${what} answered ${status} with ${got} that is not JSON.${whoAnswers}`, {
    code: "not_json",
    issues: [{ path: "", message: "expected JSON" }],
  });
}

/**
 * Without a declared length the end of the connection is the end of the body, cut or not. Packed bodies are counted
 * here too: some runtimes unpack as much as has come and say nothing of the rest.
 */
function isUnframed(headers: HttpResponse["headers"]): boolean {
  return "content-encoding" in headers || !("content-length" in headers || "transfer-encoding" in headers);
}
