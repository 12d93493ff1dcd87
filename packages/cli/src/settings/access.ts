import { ConfigError } from "@dirsync/sdk";
import type { Secret } from "../secrets.ts";
import type { Configuration } from "./load.ts";
import type { SecretSource } from "./secret-source.ts";

/** How to reach a directory-sync service. */
export interface Service {
  readonly baseUrl: string;
  readonly apiKey: Secret;
}

/**
 * The service, for commands that only read from it.
 * @throws ConfigError for what is wrong with what such a command needs; the rest of the configuration may be anything.
 */
export async function serviceOf({ values, secrets, problems }: Configuration): Promise<Service> {
  const apiKey = await readKey(secrets.apiKey, problems);
  problems.throwIfAny(["baseUrl", "apiKey", "insecureSecretFiles"]);
  if (apiKey === null) throw noKey();
  return { baseUrl: values.baseUrl, apiKey };
}

/**
 * The state file, for commands that need no more.
 * @throws ConfigError as `serviceOf` does.
 */
export function stateFileOf({ values, problems }: Configuration): string {
  problems.throwIfAny(["state"]);
  return values.state;
}

/** The API key; null when it cannot be had, which is noted. */
export async function readKey(
  source: SecretSource | null,
  problems: Configuration["problems"],
): Promise<Secret | null> {
  if (source === null && problems.has("apiKey")) return null;
  const place = { where: source?.origin.where ?? "", key: "apiKey" };
  return await problems.collect(place, () => {
    if (source === null) throw noKey();
    const key = source.read().first();
    // The client would say so as well, but not where the key stands.
    if (/^[\x21-\x7e]+$/.test(key.reveal())) return key;
    throw new ConfigError("The key holds a space or a character that no key has. Copy it again.", {
      where: place.where,
    });
  });
}

function noKey(): ConfigError {
  const ways = "Set WORKOS_API_KEY or DIRSYNC_API_KEY, or name a file that holds it with --api-key-file";
  return new ConfigError(`No API key. ${ways}, WORKOS_API_KEY_FILE, DIRSYNC_API_KEY_FILE or apiKeyFile.`, {
    where: "--api-key-file",
  });
}
