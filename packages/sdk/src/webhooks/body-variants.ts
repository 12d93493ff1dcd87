import { toBytes, type Payload } from "./engine.ts";

/** A body as it may have been before something on its way changed it, with the change. */
export interface BodyVariant {
  readonly change: string;
  readonly body: Payload;
}

/** Above this, trying variants would cost more than an explanation is worth. */
const bodyBytesMax = 1024 * 1024;

/** What the body may have been when it was signed. Bodies above 1 MiB have none. */
export function bodyVariants(payload: unknown): readonly BodyVariant[] {
  const bytes = toBytes(payload);
  if (bytes === null) return rewritten(payload, "a body parser has read it, and what it read was written again");
  if (bytes.length > bodyBytesMax) return [];
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const value = parse(text);
  return [
    ...trimmed(text),
    ...reread(text),
    ...(typeof value === "string" ? [{ change: "it was written as a JSON text inside JSON", body: value }] : []),
    ...(value === undefined ? [] : rewritten(value, "it was parsed and written again")),
  ].filter(({ body }) => body !== text);
}

/**
 * How a body shows that its end is missing: fewer bytes than its length says, or JSON that stops in the middle; null when
 * it does not.
 */
export function describeCut(payload: Payload, contentLength: string | undefined): string | null {
  const bytes = toBytes(payload);
  const announced = Number(contentLength ?? Number.NaN);
  if (bytes.length < announced) return `${bytes.length} of ${announced} bytes arrived`;
  return endsEarly(new TextDecoder().decode(bytes)) ? "its JSON stops in the middle" : null;
}

function trimmed(text: string): readonly BodyVariant[] {
  const lines = text.replaceAll("\r\n", "\n");
  return [
    { change: "a byte order mark was put in front", body: text.replace(/^\uFEFF/, "") },
    { change: "spaces or line breaks were added around it", body: text.trim() },
    { change: "a line break at its end was taken away", body: `${text}\n` },
    { change: "its line breaks were changed", body: lines },
    { change: "its line breaks were changed", body: lines.replaceAll("\n", "\r\n") },
  ];
}

/** The text that was read in a wrong way, read rightly. */
function reread(text: string): readonly BodyVariant[] {
  const variants: BodyVariant[] = [];
  if (/^[\0-\xFF]*$/.test(text)) {
    const change = "its UTF-8 was read as Latin-1";
    variants.push({ change, body: Uint8Array.from(text, (character) => character.charCodeAt(0)) });
  }
  if (/^[A-Za-z0-9+/\s]+=*\s*$/.test(text)) variants.push({ change: "it was encoded in base64", body: decoded(text) });
  return variants;
}

/** The usual ways of writing a value as JSON. */
function rewritten(value: unknown, change: string): readonly BodyVariant[] {
  const compact = JSON.stringify(value) as string | undefined;
  if (compact === undefined) return [];
  const forms = [
    compact,
    JSON.stringify(value, null, 2),
    // Python's json.dumps, by default and without its escapes.
    escaped(spaced(value)),
    spaced(value),
    escaped(compact),
    // PHP's json_encode.
    escaped(compact).replaceAll("/", String.raw`\/`),
  ];
  return forms.map((body) => ({ change, body }));
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${spaced(field)}`);
  return `{${fields.join(", ")}}`;
}

function escaped(json: string): string {
  return json.replaceAll(/[^\0-\x7F]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function endsEarly(text: string): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*("|$)|[[\]{}]/gs)) {
    if (token === "{" || token === "[") depth += 1;
    if (token === "}" || token === "]") depth -= 1;
    if (token.startsWith('"') && (token.length === 1 || !token.endsWith('"'))) return true;
  }
  return depth > 0;
}

function decoded(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
