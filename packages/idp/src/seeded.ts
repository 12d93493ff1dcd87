/**
 * Repeatable randomness: the same words always give the same bytes.
 *
 * People, group ids and the names no user has are all drawn from here, so that two runs of a scenario send the same
 * bytes and a report can be compared with yesterday's.
 */
import { createHash } from "node:crypto";

/** 32 bytes that depend on `words` alone. */
export function seededBytes(words: string): Buffer {
  return createHash("sha256").update(words).digest();
}

/** A version 4 UUID (RFC 9562 §5.4) that depends on `words` alone. */
export function seededUuid(words: string): string {
  const bytes = seededBytes(words).subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
