import type { SignatureError } from "../errors.ts";
import { joinBytes, toBytes } from "./engine.ts";
import { refusal } from "./refusal.ts";

/** What a body may cost. */
export interface BodyLimits {
  readonly bodyBytesMax: number;
  readonly signal: AbortSignal | undefined;
}

/** Where the pieces of a body come from. */
export interface BodySource {
  readonly next: () => Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  /** Ends the source before its time; what it still holds is never read. */
  readonly cancel: () => unknown;
}

/**
 * Reads a body to its end, keeping its bytes as they are.
 * @throws SignatureError `body_too_large`; `body_cut` when the sender stopped in the middle; `body_not_raw` for pieces
 * that are not bytes. Rejects with the signal's reason when it fires.
 */
export async function readBody(source: BodySource, { bodyBytesMax, signal }: BodyLimits): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Wakes a read that waits. Not awaited: a sender that never ends must not hold the answer back.
  const cancel = (): void => void Promise.resolve(source.cancel()).catch(() => undefined);
  signal?.addEventListener("abort", cancel);
  try {
    for (;;) {
      const { done, value } = await nextPiece(source, signal);
      if (done === true) return joinBytes(chunks);
      const chunk = toBytes(value);
      if (chunk === null) throw notRaw("it comes in objects");
      bytes += chunk.length;
      checkSize(bytes, bodyBytesMax);
      chunks.push(chunk);
    }
  } catch (error) {
    cancel();
    throw error;
  } finally {
    // A signal that lives as long as the process would collect one listener per request.
    signal?.removeEventListener("abort", cancel);
  }
}

/**
 * Refuses a size above the limit.
 * @throws SignatureError `body_too_large`.
 */
export function checkSize(bytes: number, bodyBytesMax: number): void {
  if (bytes > bodyBytesMax) throw refusal("body_too_large", `The webhook's body is larger than ${bodyBytesMax} bytes.`);
}

/** A refusal because the bytes that were signed are not here any more, with where they went. */
export function notRaw(where: string): SignatureError {
  return refusal("body_not_raw", `The webhook's body is not the raw bytes that were received: ${where}.`);
}

async function nextPiece(source: BodySource, signal: AbortSignal | undefined): ReturnType<BodySource["next"]> {
  signal?.throwIfAborted();
  const piece = await source.next().catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw refusal("body_cut", "The webhook's body ended early.", cause);
  });
  // A source that was cancelled ends as if it were whole.
  signal?.throwIfAborted();
  return piece;
}
