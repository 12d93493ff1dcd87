import { createHash } from "node:crypto";
import type { DirectoryEvent } from "@dirsync/sdk";

/** An id of the service: what it names, the ten characters of its time, and sixteen that are drawn. */
const idPattern =
  /^((?:directory|directory_user|directory_group|event|org|org_domain)_[0-9A-HJKMNP-TV-Z]{10})[0-9A-HJKMNP-TV-Z]{16}$/;

/**
 * The log with everything that a service draws at random replaced, in the same order, by what a seed fixes: the same
 * seed then gives the same events, byte by byte, which is what a finding is replayed with.
 */
export function canonicalLog(log: readonly DirectoryEvent[], seed: number): readonly DirectoryEvent[] {
  const ids = new Set<string>();
  walk(log, (text) => {
    if (idPattern.test(text)) ids.add(text);
    return text;
  });
  // By the part that is time and chance: ids sort as they were made, whatever they name.
  const inOrder = [...ids].sort((one, other) => (one.slice(-26) < other.slice(-26) ? -1 : 1));
  const renamed = new Map(inOrder.map((id, index) => [id, rename(id, index, seed)]));
  let keys = 0;
  const drawn = new Map<string, string>();
  return walk(log, (text, field) => {
    if (field !== "external_key") return renamed.get(text) ?? text;
    const known = drawn.get(text) ?? digits(`key:${seed}:${(keys += 1)}`, 20);
    drawn.set(text, known);
    return known;
  }) as readonly DirectoryEvent[];
}

function rename(id: string, index: number, seed: number): string {
  const kept = idPattern.exec(id)?.[1] ?? id;
  // The place comes first, so that the order stays.
  return `${kept}${String(index).padStart(6, "0")}${digits(`id:${seed}:${index}`, 10)}`;
}

/** Decimal digits, which every alphabet of ids has. */
function digits(words: string, count: number): string {
  const bytes = createHash("sha256").update(words).digest();
  return [...bytes.subarray(0, count)].map((byte) => String(byte % 10)).join("");
}

/** A JSON value with each of its texts replaced by what `change` gives for it and the field it stands in. */
function walk(value: unknown, change: (text: string, field: string) => string, field = ""): unknown {
  if (typeof value === "string") return change(value, field);
  if (Array.isArray(value)) return value.map((one: unknown) => walk(one, change, field));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, walk(one, change, name)]));
}
