import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { BodyError, jsonOf, readText, textOf, tooLarge } from "./limits.ts";

/**
 * Reads a JSON body that may be packed with gzip, as its content encoding says: a large one may take longer to arrive than a
 * request may take. The limit holds for what is packed and for what comes out of it, which is never unpacked further.
 * @throws BodyError
 */
export async function readPackedJson(request: Request, bytesMax: number): Promise<unknown> {
  return jsonOf(await readPackedText(request, bytesMax));
}

/** The same as text. @throws BodyError */
export async function readPackedText(request: Request, bytesMax: number): Promise<string> {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "";
  switch (encoding) {
    case "":
    case "identity":
      return await readText(request, bytesMax);
    case "gzip":
    case "x-gzip":
      return textOf(await unpacked(request, bytesMax));
    default:
      throw new BodyError("The body may be packed with gzip, and with nothing else.", "unknown_encoding");
  }
}

async function unpacked(request: Request, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    await pipeline(
      () => limited(request.body ?? [], bytesMax),
      createGunzip(),
      async (unpacked: AsyncIterable<Uint8Array>) => {
        for await (const chunk of limited(unpacked, bytesMax)) chunks.push(chunk);
      },
    );
  } catch (error) {
    if (error instanceof BodyError) throw error;
    if (isZlibError(error)) throw new BodyError("The body is no gzip, or only a part of one.", "malformed");
    throw new BodyError("The body ended early.", "cut");
  }
  return Buffer.concat(chunks);
}

async function* limited(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    yield chunk;
  }
}

function isZlibError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}
