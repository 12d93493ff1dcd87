import type { Payload, SyncEngine } from "./engine.ts";
import { signingKeys } from "./secrets.ts";
import { checkWhole } from "./whole-number.ts";

/** What to sign. */
export interface SignOptions {
  /** The body exactly as it will be sent. */
  readonly payload: Payload;
  readonly secret: string;
  /** When it is sent, in milliseconds since the Unix epoch. */
  readonly timestampMs: number;
}

/** The value of `WorkOS-Signature`, at once. */
export function signWith(engine: SyncEngine, { payload, secret, timestampMs }: SignOptions): string {
  checkWhole(timestampMs, "timestampMs");
  const [key = ""] = signingKeys(secret, "workos");
  return workosValue(timestampMs, engine.hmac(key, { prefix: `${timestampMs}.`, encoding: "hex" }, payload));
}

/** One space after the comma, this order and lower case, because some official clients read it by position. */
export function workosValue(timestampMs: number, hex: string): string {
  return `t=${timestampMs}, v1=${hex}`;
}
