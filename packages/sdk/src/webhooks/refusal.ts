import { SignatureError, type SignatureReason } from "../errors.ts";

/**
 * A refused webhook, and privately what it was refused on, so that `explain` can look at it again. The evidence is a
 * private field: no log, inspector or JSON shows it, and it goes when the error goes.
 */
export class Refusal extends SignatureError {
  #evidence: object | undefined;

  /** Adds what the refusal is based on; the first one stays. */
  static support(refusal: Refusal, evidence: object): void {
    refusal.#evidence ??= evidence;
  }

  /** What the refusal is based on; undefined for errors that were made elsewhere. */
  static evidenceOf(error: unknown): object | undefined {
    return typeof error === "object" && error !== null && #evidence in error ? error.#evidence : undefined;
  }
}

/** A refusal for `reason`. */
export function refusal(reason: SignatureReason, message: string, cause?: unknown): Refusal {
  return new Refusal(message, { reason, cause });
}
