import { DirsyncError } from "@dirsync/sdk";

/** Largest request body, in bytes: the 2,000 KB the service takes (contract of the SCIM input rules). */
export const bodyBytesMax = 2_000 * 1024;

/** Deepest nesting of JSON, in bodies and in what a PATCH makes of a resource. Real resources stay below ten. */
export const jsonDepthMax = 32;

/** Largest request head, in bytes. Filters are long, bearer tokens of OAuth longer; beyond this it is an attack. */
export const headerBytesMax = 16 * 1024;

/** Longest time a request may take to arrive, in milliseconds. */
export const requestTimeoutMs = 30_000;

/** Why a body was refused. */
export type BodyFailure = "too_large" | "cut" | "missing" | "malformed" | "too_deep" | "unknown_encoding";

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
export async function readJson(request: Request, bytesMax: number = bodyBytesMax): Promise<unknown> {
  return jsonOf(await readText(request, bytesMax));
}

/** Reads text as a JSON body. @throws BodyError */
export function jsonOf(text: string): unknown {
  if (text.trim() === "") throw new BodyError("The request needs a JSON body.", "missing");
  if (isDeeperThan(text, jsonDepthMax)) {
    throw new BodyError(`The body is nested deeper than ${String(jsonDepthMax)} levels.`, "too_deep");
  }
  return parse(text);
}

/** Reads a body as text. @throws BodyError */
export async function readText(request: Request, bytesMax: number = bodyBytesMax): Promise<string> {
  return textOf(await readBytes(request, bytesMax));
}

/** Reads bytes as text. @throws BodyError */
export function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new BodyError("The body is not UTF-8.", "malformed");
  }
}

// It keeps nothing from one text to the next, and making one costs more than using it.
const utf8 = new TextDecoder("utf-8", { fatal: true });

async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array> {
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) > bytesMax) throw tooLarge(bytesMax);
  try {
    // A declared length is kept to by the HTTP parser, so that the body can be taken whole, which is much faster.
    const bytes =
      declared === null ? await readCounting(request, bytesMax) : new Uint8Array(await request.arrayBuffer());
    if (bytes.byteLength > bytesMax) throw tooLarge(bytesMax);
    return bytes;
  } catch (error) {
    if (error instanceof BodyError) throw error;
    throw new BodyError("The body ended early.", "cut");
  }
}

async function readCounting(request: Request, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The refusal of a body that is larger. */
export function tooLarge(bytesMax: number): BodyError {
  return new BodyError(`The body is larger than ${String(bytesMax / 1024)} KB.`, "too_large");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the body.
    throw new BodyError("The body is not valid JSON.", "malformed");
  }
}

/** Looks at the text, because parsing a body of nothing but brackets takes seconds, in which nobody else is served. */
function isDeeperThan(text: string, levels: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isInString) {
      // A backslash takes the next character with it.
      if (code === characters.backslash) index += 1;
      else if (code === characters.quote) isInString = false;
    } else if (code === characters.quote) {
      isInString = true;
    } else if (code === characters.openBrace || code === characters.openBracket) {
      depth += 1;
      if (depth > levels) return true;
    } else if (code === characters.closeBrace || code === characters.closeBracket) {
      depth -= 1;
    }
  }
  return false;
}

const characters = {
  quote: 0x22,
  backslash: 0x5c,
  openBracket: 0x5b,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const;
