import { isBytes, type Payload } from "./engine.ts";
import { refusal, type Refusal } from "./refusal.ts";

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
  try {
    for (;;) {
      const { done, value } = await nextPiece(source, signal);
      if (done === true) return joined(chunks, bytes);
      const chunk = bytesOf(value);
      bytes += chunk.length;
      if (bytes > bodyBytesMax) throw tooLarge(bodyBytesMax);
      chunks.push(chunk);
    }
  } catch (error) {
    // Not awaited: a sender that never ends must not hold the answer back, and a second failure says nothing new.
    void Promise.resolve(source.cancel()).catch(() => undefined);
    throw error;
  }
}

/**
 * Refuses a body by its announced length, before a byte of it is read.
 * @throws SignatureError `body_too_large`.
 */
export function checkAnnouncedLength(contentLength: unknown, bodyBytesMax: number): void {
  if (typeof contentLength === "string" && Number(contentLength) > bodyBytesMax) throw tooLarge(bodyBytesMax);
}

/**
 * A body that a framework has kept raw.
 * @throws SignatureError `body_too_large`.
 */
export function checkLength(body: Payload, bodyBytesMax: number): Payload {
  // A character takes at least one byte, so only text that could still fit is measured.
  const bytes = typeof body === "string" && body.length <= bodyBytesMax ? new TextEncoder().encode(body) : body;
  if (bytes.length > bodyBytesMax) throw tooLarge(bodyBytesMax);
  return body;
}

async function nextPiece(source: BodySource, signal: AbortSignal | undefined): ReturnType<BodySource["next"]> {
  signal?.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal?.reason as Error);
    signal?.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([source.next().catch(rethrowCut), aborted]);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

function rethrowCut(cause: unknown): never {
  throw refusal("body_cut", "The webhook's body ended before it was whole: the sender or a proxy hung up.", cause);
}

function bytesOf(piece: unknown): Uint8Array {
  if (isBytes(piece)) return piece;
  // A stream with setEncoding gives text.
  if (typeof piece === "string") return new TextEncoder().encode(piece);
  throw refusal("body_not_raw", "The webhook's body is a stream of objects. Pass a request whose body is bytes.");
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

function tooLarge(bodyBytesMax: number): Refusal {
  const advice = "Raise bodyBytesMax when your events are really this large.";
  return refusal("body_too_large", `The webhook's body is larger than ${bodyBytesMax} bytes. ${advice}`);
}
