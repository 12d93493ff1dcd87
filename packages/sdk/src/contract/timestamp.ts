/** ISO 8601 with a `T` or a space, any number of fraction digits, and perhaps a zone. */
const pattern = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Milliseconds since the Unix epoch, or null for text that is not a timestamp. A timestamp without a zone is UTC,
 * wherever this runs: old payloads look like `2023-04-28 20:05:31.093`.
 */
export function timestampMs(text: string): number | null {
  const parts = pattern.exec(text);
  if (parts === null) return null;
  const ms = Date.parse(`${parts[1]}T${parts[2]}${zoneOf(parts[3])}`);
  return Number.isNaN(ms) ? null : ms;
}

function zoneOf(zone: string | undefined): string {
  if (zone === undefined || zone.toUpperCase() === "Z") return "Z";
  return zone.includes(":") ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
}
