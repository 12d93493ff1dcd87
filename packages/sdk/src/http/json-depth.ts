/**
 * Deepest nesting of an answer. The contract needs six levels and attributes of providers a few more, while code that
 * walks a value by recursion, JSON.stringify among it, overflows its stack on a body that nests some thousand times.
 */
export const jsonDepthMax = 64;

const quote = 0x22;
const backslash = 0x5c;
/** `[` and `{` are this, and `]` and `}` the next but one, once their bit of case is set. */
const opening = 0x7b;
const closing = 0x7d;
const caseBit = 0x20;

/**
 * True when JSON text nests deeper than `depthMax`. Looks at the bytes, before anything is built from them; of text that
 * is not JSON it may say either.
 */
export function nestsDeeper(json: Uint8Array, depthMax: number): boolean {
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at] ?? 0;
    if (byte === quote) {
      at = endOfString(json, at + 1);
      continue;
    }
    // Below this no byte outside of strings is a bracket: most are skipped by one comparison.
    if (byte < 0x5b) continue;
    const kind = byte | caseBit;
    if (kind === opening) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (kind === closing) depth -= 1;
  }
  return false;
}

function endOfString(json: Uint8Array, start: number): number {
  let at = start;
  while (at < json.length) {
    const byte = json[at];
    if (byte === quote) return at;
    at += byte === backslash ? 2 : 1;
  }
  return at;
}
