import { isAscii, isUtf8, transcode } from "node:buffer";

/**
 * The text of strict UTF-8 without its byte order mark, on Node. The build for other runtimes has `utf8-edge.ts` here.
 *
 * By way of UTF-16: as soon as one character is not ASCII, V8 as Node 20 has it decodes one byte at a time, which for a
 * page of users with a few umlauts took as long as parsing it.
 * @throws RangeError for anything else than UTF-8.
 */
export function utf8Text(bytes: Uint8Array): string {
  if (isAscii(bytes)) return new TextDecoder().decode(bytes);
  if (!isUtf8(bytes)) throw new RangeError("These bytes are not UTF-8.");
  return transcode(bytes, "utf8", "ucs2")
    .toString("ucs2")
    .replace(/^\uFEFF/, "");
}
