/**
 * Deepest nesting of an answer. The contract needs six levels and attributes of providers a few more, while code that
 * walks a value by recursion, JSON.stringify among it, overflows its stack on a value that nests some thousand times.
 */
export const jsonDepthMax = 64;

const quote = 0x22;
const backslash = 0x5c;
const opening = 0x7b;
const closing = 0x7d;
/** Both kinds of bracket are one byte but for this bit, which tells letters of two cases apart. */
const caseBit = 0x20;

/** True when a parsed value nests deeper than `depthMax`. For a page of users this is a twentieth of parsing it. */
export function nestsDeeper(value: unknown, depthMax: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depthMax === 0) return true;
  // Loops, with a call for those only that may nest: a list of the values or a call for each costs more than all the rest.
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === "object" && nestsDeeper(item, depthMax - 1)) return true;
  } else {
    for (const name in value) {
      const item = value[name as never];
      if (typeof item === "object" && nestsDeeper(item, depthMax - 1)) return true;
    }
  }
  return false;
}

/**
 * True when JSON text nests deeper than `depthMax`. Looks at the bytes, before anything is built from them; of text that
 * is not JSON it may say either. Takes half as long as parsing.
 */
export function textNestsDeeper(json: Uint8Array, depthMax: number): boolean {
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < json.length && depth <= depthMax; at += 1) {
    const byte = json[at] ?? 0;
    if (byte === quote) isInString = !isInString;
    else if (isInString) at += Number(byte === backslash);
    else if ((byte | caseBit) === opening) depth += 1;
    else if ((byte | caseBit) === closing) depth -= 1;
  }
  return depth > depthMax;
}
