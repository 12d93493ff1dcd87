import { ApiError } from "../errors.ts";
import { whoAnswers } from "./answer.ts";
import { emptyReport, readProblem, type ProblemReport } from "./problem.ts";
import { retryAfterMs } from "./retry-after.ts";
import type { HttpResponse } from "./transport.ts";

const excerptCharactersMax = 500;

/** Longest part of a message that the service may fill: it is shown in terminals and kept in logs. */
const saidCharactersMax = 1_000;

/** What the error needs to know beside the answer. */
export interface AnswerContext {
  /** Names the call, for example `GET /events`. */
  readonly what: string;
  readonly nowMs: number;
  /** Cut out of everything that is kept, in case a service or proxy echoes what it was sent. */
  readonly secret: string;
}

/** The error for an answer that is not a success. */
export function apiErrorOf(response: HttpResponse, context: AnswerContext): ApiError {
  const { status, headers } = response;
  const text = new TextDecoder().decode(response.body).replaceAll(context.secret, "[api key]");
  const report = reportOf(text);
  const requestId = headers["x-request-id"] ?? null;
  return new ApiError(messageOf(response, report, { what: context.what, requestId }), {
    status,
    code: report.code ?? codeOf(status),
    retryable: isRetryable(status),
    requestId,
    retryAfterMs: retryAfterMs(headers, context.nowMs),
    problems: report.problems,
    bodyExcerpt: text.slice(0, excerptCharactersMax),
  });
}

function reportOf(text: string): ProblemReport {
  try {
    return readProblem(JSON.parse(text));
  } catch {
    return emptyReport;
  }
}

const codes: Readonly<Record<number, string>> = {
  400: "bad_request",
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  408: "request_timeout",
  409: "conflict",
  410: "gone",
  413: "too_large",
  422: "unprocessable",
  429: "rate_limited",
};

function codeOf(status: number): string {
  if (status >= 300 && status < 400) return "redirected";
  return codes[status] ?? (status >= 500 ? "server_error" : `http_${status}`);
}

/** 501 and 505 say that the service will never do this; every other 5xx may pass. */
function isRetryable(status: number): boolean {
  if (status === 408 || status === 425 || status === 429) return true;
  return status >= 500 && status !== 501 && status !== 505;
}

interface Naming {
  readonly what: string;
  readonly requestId: string | null;
}

function messageOf(response: HttpResponse, report: ProblemReport, naming: Naming): string {
  const said = printable(
    [report.message, ...report.problems.map(problemText)].filter((part) => part !== null).join(" "),
  );
  const id = naming.requestId === null ? "" : ` (request id ${naming.requestId})`;
  const advice = adviceOf(response, report.code, said);
  const sentence = said === "" ? "" : `: ${said}`;
  return `${naming.what} answered ${response.status}${id}${sentence}${/[.!?]$/.test(sentence) ? "" : "."}${advice}`;
}

/** Without what a terminal obeys, and not longer than a person reads. The whole is in `problems`, its beginning in `bodyExcerpt`. */
function printable(said: string): string {
  const short = said.length > saidCharactersMax ? `${said.slice(0, saidCharactersMax)}…` : said;
  return short.replaceAll(/[\p{Cc}\p{Surrogate}]/gu, " ");
}

function problemText(problem: { code: string; field?: string; message?: string }): string {
  const where = problem.field === undefined ? "" : `${problem.field}: `;
  return `[${where}${problem.message ?? problem.code}]`;
}

function adviceOf(response: HttpResponse, code: string | null, said: string): string {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    const to = targetOf(headers["location"]);
    return ` It redirects${to}, where the API key must not go: baseUrl is probably wrong.`;
  }
  // A page for people is nobody's word on the key.
  if (said === "" && (headers["content-type"] ?? "").includes("html")) return whoAnswers;
  if (status === 401) return " Check the API key: it is mistyped, revoked, or of another service.";
  if (status === 403) return " The API key may not do this.";
  // A router that knows no such path says as much and no more; a service that misses an object names it.
  const isForeign = status === 404 && /^(?:route |page |path )?not found[.!]?$/i.test(said);
  return isForeign || (said === "" && code === null) ? whoAnswers : "";
}

/** Where a redirect leads, without its query, which may hold a token. */
function targetOf(location: string | undefined): string {
  if (location === undefined) return "";
  return ` to ${location.split(/[?#]/, 1).join("").slice(0, 200)}`;
}
