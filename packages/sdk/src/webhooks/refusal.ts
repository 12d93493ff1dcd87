import { SignatureError, type SignatureReason } from "../errors.ts";

/** Shared by all copies of the package, as the brand of errors is. */
const evidenceKey = Symbol.for("@dirsync/evidence");

/** A refusal for `reason`. */
export function refusal(reason: SignatureReason, message: string, cause?: unknown): SignatureError {
  return new SignatureError(message, { reason, cause });
}

/**
 * Leaves with a refusal what it is based on, so that `explain` can look at it again. Kept in a closure: no log, inspector
 * or JSON shows it, and it goes when the error goes.
 */
export function support(error: unknown, evidence: object): void {
  if (error instanceof SignatureError) Object.defineProperty(error, evidenceKey, { value: () => evidence });
}

/** What a refusal is based on; undefined for errors that were made elsewhere. */
export function evidenceOf(error: object): object | undefined {
  return (error as { readonly [evidenceKey]?: () => object })[evidenceKey]?.();
}
