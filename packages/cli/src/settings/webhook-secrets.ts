import { ConfigError, systemRuntime } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import type { Configuration } from "./load.ts";
import type { SecretSource } from "./secret-source.ts";

/** A file with secrets is looked at again after this time at the earliest: requests come in faster than people write. */
const rereadMs = 1_000;

/**
 * The secrets that webhooks are held against, read again now and then so that one can replace another while the tail
 * runs. Nothing when there is no doorbell. What is wrong is noted.
 */
export async function readWebhookSecrets(
  { values, secrets, problems, origins }: Configuration,
  { secrets: kept }: Pick<Context, "secrets">,
): Promise<() => readonly string[]> {
  if (values.doorbell === undefined) return () => [];
  const source = secrets.webhookSecret;
  const where = source?.origin.where ?? origins["doorbell"]?.where ?? "--doorbell";
  const first = await problems.collect({ where, key: "webhookSecret" }, () => {
    if (source === null) throw noSecret(where);
    return secretsIn(source);
  });
  if (source === null || first === null) return () => [];
  let known = first;
  for (const secret of known) kept.keep(secret);
  let readAtMs = systemRuntime.now();
  return () => {
    const nowMs = systemRuntime.now();
    if (Math.abs(nowMs - readAtMs) < rereadMs) return known;
    readAtMs = nowMs;
    known = secretsIn(source, known);
    for (const secret of known) kept.keep(secret);
    return known;
  };
}

/** Several secrets stand on lines of their own, or with spaces or commas between them. */
function secretsIn(source: SecretSource, before?: readonly string[]): readonly string[] {
  try {
    return source
      .read()
      .reveal()
      .split(/[\s,]+/u)
      .filter((secret) => secret !== "");
  } catch (error) {
    // The file may be half written just now. What was right a second ago is still better than to take nothing.
    if (before !== undefined) return before;
    throw error;
  }
}

function noSecret(where: string): ConfigError {
  const ways = "Set DIRSYNC_WEBHOOK_SECRET or WORKOS_WEBHOOK_SECRET, or name a file that holds it";
  return new ConfigError(`A doorbell needs the secret of its webhooks, or anybody could ring. ${ways}.`, { where });
}
