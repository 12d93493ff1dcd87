/** ISO 8601 with a `T` or a space, any number of fraction digits, and perhaps a zone. */
const pattern = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Milliseconds since the Unix epoch, or null for text that is not a timestamp. A timestamp without a zone is UTC,
 * wherever this runs: old payloads look like `2023-04-28 20:05:31.093`.
 */
export function timestampMs(text: string): number | null {
  const parts = pattern.exec(text);
  if (parts === null) return null;
  // `+0100` is ISO 8601 too, but not the part of it that every engine reads.
  const zone = (parts[3] ?? "Z").toUpperCase().replace(/(\d\d)(\d\d)$/, "$1:$2");
  const ms = Date.parse(`${parts[1]}T${parts[2]}${zone}`);
  return Number.isNaN(ms) ? null : ms;
}
