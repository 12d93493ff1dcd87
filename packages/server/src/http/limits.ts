import { DirsyncError } from "@dirsync/sdk";

/** Largest request body, in bytes: the 2,000 KB the service takes (contract of the SCIM input rules). */
export const bodyBytesMax = 2_000 * 1024;

/** Deepest nesting of a JSON body. Real resources stay below ten. */
export const jsonDepthMax = 32;

/** Largest request head, in bytes. Filters are long, bearer tokens of OAuth longer; beyond this it is an attack. */
export const headerBytesMax = 16 * 1024;

/** Longest time a request may take to arrive, in milliseconds. */
export const requestTimeoutMs = 30_000;

/** Why a body was refused. */
export type BodyFailure = "too_large" | "missing" | "malformed" | "too_deep";

/** A request body that cannot be read. */
export class BodyError extends DirsyncError {
  declare readonly code: BodyFailure;

  constructor(message: string, code: BodyFailure) {
    super(message, { code, retryable: false });
    this.name = "BodyError";
  }
}

/**
 * Reads a JSON body, whatever its content type says: providers send `application/scim+json`, `application/json`,
 * `text/json` and none at all.
 * @throws BodyError
 */
export async function readJson(request: Request): Promise<unknown> {
  const text = await readText(request);
  if (text.trim() === "") throw new BodyError("The request needs a JSON body.", "missing");
  const value = parse(text);
  if (isDeeperThan(value, jsonDepthMax)) {
    throw new BodyError(`The body is nested deeper than ${String(jsonDepthMax)} levels.`, "too_deep");
  }
  return value;
}

async function readText(request: Request): Promise<string> {
  const tooLarge = `The body is larger than ${String(bodyBytesMax / 1024)} KB.`;
  // What the sender declares spares us the reading; what it sends is counted all the same.
  if (Number(request.headers.get("content-length") ?? 0) > bodyBytesMax) throw new BodyError(tooLarge, "too_large");
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > bodyBytesMax) throw new BodyError(tooLarge, "too_large");
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw new BodyError("The body is not UTF-8.", "malformed");
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the body.
    throw new BodyError("The body is not valid JSON.", "malformed");
  }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const inner of Object.values(value)) if (isDeeperThan(inner, levels - 1)) return true;
  return false;
}
