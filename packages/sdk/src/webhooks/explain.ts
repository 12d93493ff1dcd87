/**
 * Why a signature failed, in words. For the logs of whoever runs the receiver and never for an answer: that a webhook
 * would have passed with another secret or a minute earlier is just what a forger wants to know.
 *
 * It repeats the verification with one thing changed at a time (each secret, each way a body or header gets changed on
 * its way) and says which change makes it pass. Texts name the change; they never hold a secret, a signature or a body.
 */
import type { SignatureError } from "../errors.ts";
import { systemNow } from "../runtime.ts";
import { bodyVariants, describeCut } from "./body-variants.ts";
import type { Claim, SignatureScheme } from "./claim.ts";
import { isBytes, type Engine, type Payload, type SigningKey } from "./engine.ts";
import {
  changedBody,
  mangledSecret,
  noBody,
  noEvidence,
  noSecret,
  otherSecret,
  parsedBody,
  signedInFuture,
  signedLongAgo,
  timeNotSigned,
  truncatedBody,
  unexplained,
  verifies,
  wrongUnit,
  type Finding,
} from "./finding.ts";
import { readLeniently } from "./header-mending.ts";
import type { HeaderValue } from "./header-value.ts";
import { headerValues, type HeaderSource } from "./headers.ts";
import { evidenceOf } from "./refusal.ts";
import { keyOf, secretVariants } from "./secret-variants.ts";
import type { Secrets } from "./secrets.ts";
import { toleranceSecondsDefault } from "./signature.ts";
import { createWebEngine } from "./web-engine.ts";

export type { SignatureScheme } from "./claim.ts";
export type { FailureCause, Finding } from "./finding.ts";
export type { HeaderValue } from "./header-value.ts";
export type { HeaderSource } from "./headers.ts";
export type { Secrets } from "./secrets.ts";

/** Why a webhook was refused. */
export interface Explanation {
  /** In the order in which verification meets them; at least one. */
  readonly findings: readonly Finding[];
  /** All of them as one text, for a log. */
  readonly message: string;
}

/** What a verification was given: the options of `verify`, or what is left of them. */
export interface FailureInputs {
  /** As it was received, or what a body parser has made of it. */
  readonly payload?: unknown;
  readonly header?: HeaderValue;
  readonly headers?: HeaderSource | undefined;
  readonly scheme?: SignatureScheme | undefined;
  readonly secret?: Secrets | undefined;
  readonly toleranceSeconds?: number | undefined;
  /** When it was received. Default: now. */
  readonly nowMs?: number | undefined;
}

/** What else may explain it. */
export interface ExplainOptions {
  /** Secrets of other endpoints and environments, by a name that may stand in a log. */
  readonly otherSecrets?: Readonly<Record<string, string>> | undefined;
}

/**
 * Says why a webhook was refused: of the error that `verify`, `receive` or `receiveNode` threw, or of their inputs.
 * Costs some dozens of HMACs over the body; where strangers can cause refusals, explain a sample of them. Never rejects
 * for what the inputs hold.
 */
export async function explain(failure: unknown, options: ExplainOptions = {}): Promise<Explanation> {
  const findings = await findingsOf(failure, options);
  return { findings, message: findings.map(({ message }) => message).join(" ") };
}

async function findingsOf(failure: unknown, { otherSecrets = {} }: ExplainOptions): Promise<readonly Finding[]> {
  if (typeof failure !== "object" || failure === null) return [noEvidence("")];
  const evidence = failure instanceof Error ? evidenceOf(failure) : failure;
  if (evidence === undefined) return [noEvidence((failure as Error).message)];
  const inputs = evidence as FailureInputs;
  const secrets = [inputs.secret].flat().filter((secret) => typeof secret === "string" && secret !== "") as string[];
  const missing: readonly Finding[] = secrets.length === 0 ? [noSecret] : [];
  const headers = inputs.headers ?? { "workos-signature": [inputs.header].flat() as readonly string[] };
  const { claim, problem } = readLeniently(headers, inputs.scheme);
  const found = [...missing, ...(problem === null ? [] : [problem])];
  if (claim === null) return found;
  if (inputs.payload === undefined) return [...found, withoutBody(failure)];
  const search = { engine: createWebEngine(), claim, secrets, otherSecrets, headers };
  const proof = await findProof(search, inputs.payload);
  if (proof !== null) return [...found, proof];
  const time = checkTime(claim, inputs);
  if (time !== null) return [...found, time];
  return found.length > 0 ? found : [verifies];
}

/** What the error of a webhook says whose body never came to be verified. */
function withoutBody(failure: object): Finding {
  const { reason, message } = failure as Partial<SignatureError>;
  switch (reason) {
    case "body_not_raw":
      return parsedBody("What was signed cannot be told without it.");
    case "body_cut":
      return truncatedBody("the connection ended before it did");
    case "body_too_large":
      return {
        cause: "body_too_large",
        message: `${message ?? ""} Raise \`bodyBytesMax\` if your events are this large.`,
      };
    default:
      return noBody;
  }
}

interface Search {
  readonly engine: Engine;
  readonly claim: Claim;
  readonly secrets: readonly string[];
  readonly otherSecrets: Readonly<Record<string, string>>;
  readonly headers: HeaderSource;
}

/** Null when the signature is right; otherwise the change that makes it right, or that none was found. */
async function findProof(search: Search, payload: unknown): Promise<Finding | null> {
  const { claim, secrets, otherSecrets } = search;
  const own = secrets.map((secret) => keyOf(secret, claim.scheme)).filter((key) => key !== null);
  if (!isPayload(payload)) return explainParsed(search, own, payload);
  if (await isSigned(search, own, payload)) return null;
  for (const [name, secret] of Object.entries(otherSecrets)) {
    const key = keyOf(secret, claim.scheme);
    if (key !== null && (await isSigned(search, [key], payload))) return otherSecret(name);
  }
  for (const [index, secret] of secrets.entries()) {
    for (const { mistake, key } of secretVariants(secret, claim.scheme)) {
      if (await isSigned(search, [key], payload)) return mangledSecret(index, secrets.length, mistake);
    }
  }
  for (const { change, body } of bodyVariants(payload)) {
    if (await isSigned(search, own, body)) return changedBody(change);
  }
  if (await isSigned({ ...search, claim: { ...claim, prefix: "" } }, own, payload)) return timeNotSigned;
  const cut = describeCut(payload, String(headerValues(search.headers, "content-length")[0] ?? ""));
  return cut === null ? unexplained : truncatedBody(cut);
}

async function explainParsed(search: Search, own: readonly SigningKey[], payload: unknown): Promise<Finding> {
  for (const { body } of bodyVariants(payload)) {
    if (await isSigned(search, own, body)) return parsedBody("Secret, header and content are right.");
  }
  return parsedBody("What was signed cannot be told from it.");
}

async function isSigned(search: Search, keys: readonly SigningKey[], payload: Payload): Promise<boolean> {
  const { engine, claim } = search;
  for (const key of keys) {
    const expected = await engine.hmac(key, claim, payload);
    if (claim.signatures.some((signature) => engine.isSame(expected, signature))) return true;
  }
  return false;
}

function checkTime({ timestampMs, scheme }: Claim, inputs: FailureInputs): Finding | null {
  const ageMs = (inputs.nowMs ?? systemNow()) - timestampMs;
  if (Math.abs(ageMs) <= (inputs.toleranceSeconds ?? toleranceSecondsDefault) * 1000) return null;
  const distance = describeDistance(Math.abs(ageMs));
  if (scheme === "workos" && timestampMs < 1e11) return wrongUnit("seconds", "milliseconds");
  if (scheme === "standard" && timestampMs > 1e14) return wrongUnit("milliseconds", "seconds");
  return ageMs > 0 ? signedLongAgo(distance) : signedInFuture(distance);
}

function describeDistance(distanceMs: number): string {
  const seconds = Math.round(distanceMs / 1000);
  return seconds < 7200 ? `${seconds} s` : `${(seconds / 3600).toFixed(1)} h`;
}

function isPayload(payload: unknown): payload is Payload {
  return typeof payload === "string" || isBytes(payload);
}
