import type { FieldProblem } from "../errors.ts";

/** What an error body says, whichever of its many shapes it has. Null and empty where it says nothing. */
export interface ProblemReport {
  readonly code: string | null;
  readonly message: string | null;
  readonly problems: readonly FieldProblem[];
}

/** The report of a body that says nothing: empty, HTML, or JSON of no known shape. */
export const emptyReport: ProblemReport = { code: null, message: null, problems: [] };

/**
 * Reads the decoded body of an error. The service has more than a dozen shapes for it (`{message}`, `{code, message}`,
 * `{error, error_description}`, `{message: [...]}`, `{errors: [...]}`, a bare string for the 429 of
 * `/directory_users`), so each key is read on its own and a surprising one is passed over: an error about reading an
 * error would hide the real one.
 */
export function readProblem(body: unknown): ProblemReport {
  if (typeof body === "string") return { ...emptyReport, message: body === "" ? null : body };
  if (!isRecord(body)) return emptyReport;
  const oauth = text(body["error_description"]);
  return {
    // `error` is a machine code only beside a description; alone it is a sentence such as "Unauthorized".
    code: text(body["code"]) ?? (oauth === null ? null : text(body["error"])),
    message: text(body["message"]) ?? joined(body["message"]) ?? oauth ?? text(body["error"]),
    problems: Array.isArray(body["errors"]) ? body["errors"].flatMap(readDetail) : [],
  };
}

function readDetail(detail: unknown): FieldProblem[] {
  if (typeof detail === "string") return [{ code: "invalid", message: detail }];
  if (!isRecord(detail)) return [];
  const constraints = isRecord(detail["constraints"]) ? detail["constraints"] : {};
  const field = text(detail["field"]) ?? text(detail["property"]) ?? text(detail["instancePath"]);
  const message = text(detail["message"]) ?? joined(Object.values(constraints));
  return [
    {
      code: text(detail["code"]) ?? Object.keys(constraints)[0] ?? "invalid",
      ...(field === null ? {} : { field }),
      ...(message === null ? {} : { message }),
    },
  ];
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function joined(value: unknown): string | null {
  if (!Array.isArray(value)) return null;
  const texts = value.filter((item) => typeof item === "string");
  return texts.length === 0 ? null : texts.join("; ");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
