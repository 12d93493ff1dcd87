import { ConfigError } from "../errors.ts";
import type { SignatureScheme } from "./claim.ts";
import type { Engine, Payload, SyncEngine } from "./engine.ts";
import { signingKeys, type Secrets } from "./secrets.ts";

/** What to sign. */
export interface SignOptions {
  /** The body exactly as it will be sent. */
  readonly payload: Payload;
  readonly secret: string;
  /** When it is sent, in milliseconds since the Unix epoch. */
  readonly timestampMs: number;
}

/** What to sign, and in which scheme. */
export type SignedHeadersOptions =
  | (SignOptions & { readonly scheme?: "workos" | undefined })
  | (Omit<SignOptions, "secret"> & {
      readonly scheme: "standard";
      /** Becomes `webhook-id`: the same for every attempt to deliver one event. 1 to 256 characters without a comma. */
      readonly id: string;
      /** Base64 behind `whsec_`. Several give a signature each, for receivers in the middle of a rotation. */
      readonly secret: Secrets;
    });

/** The headers of a signed webhook, names in lower case. */
export type SignedHeaders = Readonly<Record<string, string>>;

/** The value of `WorkOS-Signature`, at once. */
export function signWith(engine: SyncEngine, options: SignOptions): string {
  const { timestampMs, payload } = options;
  checkTimestamp(timestampMs);
  const [key] = signingKeys(options.secret, "workos");
  return workosValue(timestampMs, engine.encode(engine.hmac(key, `${timestampMs}.`, payload), "hex"));
}

/** The headers that carry a signature, with any engine. */
export async function signedHeadersWith(engine: Engine, options: SignedHeadersOptions): Promise<SignedHeaders> {
  const { timestampMs } = options;
  checkTimestamp(timestampMs);
  if (options.scheme !== "standard") {
    const [signature = ""] = await signatures(engine, options, { scheme: "workos", prefix: `${timestampMs}.` });
    return { "workos-signature": workosValue(timestampMs, signature) };
  }
  checkId(options.id);
  const seconds = String(Math.floor(timestampMs / 1000));
  const prefix = `${options.id}.${seconds}.`;
  const list = await signatures(engine, options, { scheme: "standard", prefix });
  const signature = list.map((base64) => `v1,${base64}`).join(" ");
  return { "webhook-id": options.id, "webhook-timestamp": seconds, "webhook-signature": signature };
}

/** One space after the comma, this order and lower case, because some official clients read it by position. */
function workosValue(timestampMs: number, hex: string): string {
  return `t=${timestampMs}, v1=${hex}`;
}

async function signatures(
  engine: Engine,
  { payload, secret }: SignedHeadersOptions,
  { scheme, prefix }: { readonly scheme: SignatureScheme; readonly prefix: string },
): Promise<readonly string[]> {
  const encoding = scheme === "workos" ? "hex" : "base64";
  const keys = signingKeys(secret, scheme);
  return Promise.all(keys.map(async (key) => engine.encode(await engine.hmac(key, prefix, payload), encoding)));
}

function checkTimestamp(timestampMs: number): void {
  if (Number.isSafeInteger(timestampMs) && timestampMs >= 0) return;
  const message = "timestampMs must be whole milliseconds since the Unix epoch.";
  throw new ConfigError(message, { where: "timestampMs" });
}

function checkId(id: string): void {
  if (/^[!-+\--~]{1,256}$/.test(id)) return;
  const message = "The id of a webhook must be 1 to 256 printable ASCII characters without a comma or a space.";
  throw new ConfigError(message, { where: "id" });
}
