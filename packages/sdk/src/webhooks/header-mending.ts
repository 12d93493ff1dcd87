import { isDirsyncError } from "../errors.ts";
import type { Claim, SignatureScheme } from "./claim.ts";
import { headerValues, readClaim, type HeaderSource } from "./headers.ts";
import { standardNames } from "./standard-headers.ts";
import { workosName } from "./workos-header.ts";

/** What could be read of the headers, and what had to be overlooked for it; null when they are in order. */
export interface LenientReading {
  readonly claim: Claim | null;
  readonly problem: HeaderProblem | null;
}

/** Why headers cannot be read as they are. */
export interface HeaderProblem {
  readonly cause: "header_missing" | "header_mangled" | "schemes_mixed";
  readonly message: string;
}

const names: readonly string[] = [workosName, ...standardNames];

/** Ways in which headers get damaged, undone. */
const mends: readonly (readonly [damage: string, mend: (value: string) => string])[] = [
  ["spaces, line breaks or quotes were put around it", (value) => value.trim().replaceAll(/^["']|["']$/g, "")],
  ["it was percent-encoded", decodePercent],
  ["its name was put into its value", (value) => value.replace(/^[\w-]+:\s*/, "")],
  ["its commas were changed to semicolons", (value) => value.replaceAll(";", ",")],
  ["it was written twice", (value) => half(value) ?? value],
  [
    "the names in it were changed to upper case",
    (value) => value.replaceAll(/\b(?:T|V1)(?==)/g, (key) => key.toLowerCase()),
  ],
  ["spaces were put into it", (value) => value.replaceAll(/\s*([=,])\s*/g, "$1")],
];

/** Reads headers as verification does, and where it refuses them, with one kind of damage undone, then with all. */
export function readLeniently(headers: HeaderSource, scheme: SignatureScheme | undefined): LenientReading {
  try {
    return { claim: readClaim(headers, scheme), problem: null };
  } catch (error) {
    const reason: unknown = isDirsyncError(error) && "reason" in error ? error.reason : undefined;
    if (reason === "header_missing") return { claim: null, problem: describeMissing(headers, error as Error) };
    if (reason === "header_ambiguous") return { claim: null, problem: describeMixed(error as Error) };
    return mended(headers, scheme, error as Error);
  }
}

function mended(headers: HeaderSource, scheme: SignatureScheme | undefined, error: Error): LenientReading {
  const all = (value: string): string => mends.reduce((text, [, mend]) => mend(text), value);
  for (const [damage, mend] of [...mends, ["it was damaged in several ways", all] as const]) {
    const claim = tryReading(headers, scheme, mend);
    if (claim === null) continue;
    const message = `A signature header was changed on its way: ${damage}. It can be read when that is undone.`;
    return { claim, problem: { cause: "header_mangled", message } };
  }
  return { claim: null, problem: { cause: "header_mangled", message: error.message + describeLength(headers) } };
}

function tryReading(
  headers: HeaderSource,
  scheme: SignatureScheme | undefined,
  mend: (value: string) => string,
): Claim | null {
  const values = names.map((name) => [name, headerValues(headers, name)] as const);
  const present = values.filter(([, texts]) => texts.length > 0);
  // A header that was sent several times with one value says one thing.
  const once = present.map(([name, texts]) => [name, [...new Set(texts)].map((text) => mend(String(text)))] as const);
  try {
    return readClaim(Object.fromEntries(once), scheme);
  } catch {
    return null;
  }
}

function describeMissing(headers: HeaderSource, error: Error): HeaderProblem {
  const others = [...new Set(namesIn(headers))].filter(
    (name) => /signature/i.test(name) && !names.includes(name.toLowerCase()),
  );
  const message =
    others.length === 0
      ? `${error.message} Either this request is no webhook, or a proxy removes the header.`
      : `${error.message} There is ${others.join(", ")}: a proxy renames the header, or another service sent this.`;
  return { cause: "header_missing", message };
}

function describeMixed(error: Error): HeaderProblem {
  return { cause: "schemes_mixed", message: `${error.message} A proxy has removed or emptied some of them.` };
}

/** The usual damage that cannot be undone. */
function describeLength(headers: HeaderSource): string {
  const [text = ""] = headerValues(headers, workosName);
  const [, hex] = /\bv1=([0-9a-f]*)/i.exec(String(text)) ?? [];
  if (hex === undefined || hex.length === 64) return "";
  return ` Its v1 has ${hex.length} hexadecimal digits instead of 64: it was cut, or is no HMAC-SHA256.`;
}

function namesIn(headers: HeaderSource): readonly string[] {
  const { keys } = headers as { readonly keys?: unknown };
  return typeof keys === "function" ? [...(headers as unknown as Headers).keys()] : Object.keys(headers);
}

function half(value: string): string | null {
  const match = /^(.+)\s*,\s*\1$/s.exec(value);
  return match?.[1] ?? null;
}

function decodePercent(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
