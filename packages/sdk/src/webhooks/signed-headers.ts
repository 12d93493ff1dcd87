import { ConfigError } from "../errors.ts";
import type { Engine, SigningForm, SigningKey } from "./engine.ts";
import { signingKeys, type Secrets } from "./secrets.ts";
import { workosValue, type SignOptions } from "./sign.ts";
import { isWebhookId, standardNames } from "./standard-headers.ts";
import { checkWhole } from "./whole-number.ts";
import { workosName } from "./workos-header.ts";

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

/** The headers that carry a signature, with any engine. */
export async function signedHeadersWith(engine: Engine, options: SignedHeadersOptions): Promise<SignedHeaders> {
  const { timestampMs, payload } = options;
  const signatures = async (keys: readonly SigningKey[], form: SigningForm): Promise<readonly string[]> =>
    Promise.all(keys.map(async (key) => engine.hmac(key, form, payload)));
  checkWhole(timestampMs, "timestampMs");
  if (options.scheme !== "standard") {
    const form = { prefix: `${timestampMs}.`, encoding: "hex" } as const;
    const [signature = ""] = await signatures(signingKeys(options.secret, "workos"), form);
    return { [workosName]: workosValue(timestampMs, signature) };
  }
  checkId(options.id);
  const seconds = String(Math.floor(timestampMs / 1000));
  const form = { prefix: `${options.id}.${seconds}.`, encoding: "base64" } as const;
  const list = await signatures(signingKeys(options.secret, "standard"), form);
  const values = [options.id, seconds, list.map((signature) => `v1,${signature}`).join(" ")];
  return Object.fromEntries(standardNames.map((name, index) => [name, values[index] ?? ""]));
}

function checkId(id: string): void {
  if (isWebhookId(id)) return;
  const message = "id must be 1 to 256 printable ASCII characters without a comma or a space.";
  throw new ConfigError(message, { where: "id" });
}
