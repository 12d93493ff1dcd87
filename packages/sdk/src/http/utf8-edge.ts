/**
 * The text of strict UTF-8 without its byte order mark, where there is no Node.
 * @throws TypeError for anything else than UTF-8.
 */
export function utf8Text(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
