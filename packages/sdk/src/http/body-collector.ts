import { ConnectionError } from "../errors.ts";

/**
 * How much larger than its compressed form a body may be. JSON of a hundred like-looking users reaches about 30; the
 * formats themselves reach 1,000 and more, which only a bomb does.
 */
const ratioMax = 200;

/** Below this much unpacked data the ratio says nothing: a kilobyte of spaces packs as well as a bomb. */
const ratioBytesMin = 1024 * 1024;

/** What a body may be. */
export interface BodyLimits {
  readonly bytesMax: number;
  /** Bytes that have come over the wire so far; null where that is not known, or nothing is packed. */
  readonly packedBytes: () => number | null;
}

/** Collects the pieces of one body, and refuses it as soon as it is larger than it may be. */
export interface BodyCollector {
  /** @throws ConnectionError `body_too_large`. Stop reading then: the rest must not arrive. */
  add(chunk: Uint8Array): void;
  /** The whole body. To be asked for once, after its last piece. */
  whole(): Uint8Array;
}

/** A collector for one body. */
export function collectBody(limits: BodyLimits): BodyCollector {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  return {
    add(chunk) {
      bytes += chunk.length;
      if (bytes > limits.bytesMax) {
        throw tooLarge(`The answer is larger than ${limits.bytesMax} bytes. Ask for a smaller page.`);
      }
      const packed = limits.packedBytes();
      if (packed !== null && bytes > ratioBytesMin && bytes > packed * ratioMax) {
        throw tooLarge(`The answer unpacks to more than ${ratioMax} times its size: ${packed} bytes made ${bytes}.`);
      }
      chunks.push(chunk);
    },
    whole() {
      // Most answers come in one piece, and a copy of it would wait for the collector like a second answer.
      if (chunks[0]?.length === bytes) return chunks[0];
      const whole = new Uint8Array(bytes);
      bytes = 0;
      for (const chunk of chunks) {
        whole.set(chunk, bytes);
        bytes += chunk.length;
      }
      return whole;
    },
  };
}

function tooLarge(message: string): ConnectionError {
  return new ConnectionError(message, { code: "body_too_large" });
}
