import { ConfigError, isDirsyncError } from "../errors.ts";
import type { Runtime } from "../runtime.ts";

/** The key itself, or what finds it: a function is asked at the first call, and again after a key was refused. */
export type ApiKey = string | (() => string | Promise<string>);

/** Where the key of a client comes from. */
export interface ApiKeySource {
  /** The key to send; null while it has to be found first. */
  known(): string | null;
  /**
   * Finds the key to send.
   * @throws ConfigError when there is none, or one that no header takes.
   */
  find(): Promise<string>;
  /** The key to send instead of one that the service refused; null when there is no other. */
  insteadOf(refused: string): Promise<string | null>;
}

/** @throws ConfigError for a key given as text that is empty or holds a character that no key has. */
export function apiKeySource(given: ApiKey, runtime: Runtime): ApiKeySource {
  if (typeof given === "function") return askedKey(given, runtime);
  const key = checkApiKey(given, "apiKey");
  return { known: () => key, find: async () => key, insteadOf: async () => null };
}

/** @throws ConfigError for a key that cannot be sent. It is not repeated in the message. */
export function checkApiKey(key: unknown, where: string): string {
  if (typeof key !== "string" || key === "") {
    throw new ConfigError("The API key is empty. Pass the whole key.", { where });
  }
  // Anything else would be refused deep inside the transport, with the key in the message.
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  const message = `The API key in ${where} holds a space or a character that no key has. Copy it again.`;
  throw new ConfigError(message, { where });
}

/** A key that is found when it is needed, kept while it works, and looked for again once it is refused. */
function askedKey(ask: Exclude<ApiKey, string>, runtime: Runtime): ApiKeySource {
  let known: string | null = null;
  /** Calls that need the key at the same moment share one question. */
  let asking: Promise<string> | null = null;

  async function askOnce(): Promise<string> {
    try {
      known = checkApiKey(await ask(), "the answer of apiKey()");
      return known;
    } catch (error) {
      if (isDirsyncError(error)) throw error;
      const message = "apiKey() failed; its error is the cause.";
      throw new ConfigError(message, { where: "apiKey", cause: error });
    }
  }

  const find = async (): Promise<string> =>
    (asking ??= askOnce().finally(() => {
      asking = null;
    }));

  return {
    known: () => known,
    find,
    async insteadOf(refused) {
      // Another call may have found the new key while this one was on its way with the old one.
      if (known !== null && known !== refused) return known;
      try {
        const found = await find();
        return found === refused ? null : found;
      } catch (error) {
        // The refused key stays: it says more about what is wrong than a file that is being rewritten at this moment.
        const reason = isDirsyncError(error) ? error.message : "it was not found";
        runtime.log.warn({ reason }, "the API key was refused, and no other could be had");
        return null;
      }
    },
  };
}
