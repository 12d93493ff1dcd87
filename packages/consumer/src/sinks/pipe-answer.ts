import { SinkError, type SinkVerdict } from "@dirsync/sdk";

/** What a program says about an event. */
export interface Answer {
  readonly id: string;
  /** Null when the event is durable. */
  readonly failure: SinkError | null;
}

const verdicts: readonly SinkVerdict[] = ["retry", "dead", "halt"];

/** Code of what a program says "no" to. */
const refusedCode = "pipe_refused";

/**
 * Reads one line of what a program answers: `{"ack":"ID"}`, or `{"nack":"ID"}` with `verdict` (default retry), `message`
 * and `retry_after_ms` if it wants to say more. Returns what is wrong with any other line, without repeating it: what a
 * program prints by mistake may be about people.
 */
export function readAnswer(line: string, sink: string): Answer | string {
  const answer = parse(line);
  if (answer === null) return "is no JSON object";
  const { ack, nack } = answer;
  if (ack !== undefined && nack !== undefined) return "says ack and nack at once";
  if (ack !== undefined) return typeof ack === "string" ? { id: ack, failure: null } : "has an ack that is no event id";
  if (nack === undefined) return "says neither ack nor nack";
  if (typeof nack !== "string") return "has a nack that is no event id";
  const { verdict = "retry", message, retry_after_ms: retryAfterMs } = answer;
  if (!isVerdict(verdict)) return "has a verdict that is none of retry, dead and halt";
  if (message !== undefined && typeof message !== "string") return "has a message that is no text";
  if (retryAfterMs !== undefined && !isDuration(retryAfterMs)) return "has a retry_after_ms that is no duration";
  const told = message === undefined || message === "" ? "." : `: ${message}`;
  const details = { verdict, code: refusedCode, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return { id: nack, failure: new SinkError(`The program of sink ${sink} refused the event${told}`, details) };
}

function parse(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function isVerdict(value: unknown): value is SinkVerdict {
  return verdicts.some((verdict) => verdict === value);
}

function isDuration(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value);
}
