import { ConfigError, type Logger } from "@dirsync/sdk";
import type { Context } from "../context.ts";
import { filesystemOf, readMounts } from "../filesystem.ts";
import type { Secret } from "../secrets.ts";
import { isLoopback } from "../loopback.ts";
import { readKey } from "../settings/access.ts";
import { readWebhookSecrets } from "../settings/webhook-secrets.ts";
import { type ConfigFlags, type Configuration, loadConfiguration } from "../settings/load.ts";
import { or } from "../settings/kinds.ts";
import type { SecretSource } from "../settings/secret-source.ts";
import { flagOf } from "../settings/setting.ts";
import { targets } from "../settings/sink-table.ts";
import { unknownVariables } from "../settings/unknown-variables.ts";
import { type MakeSinks, prepareSinks } from "../sinks/make.ts";

/** A tail that is ready to begin. */
export interface TailPlan {
  readonly configuration: Configuration;
  /** For a client of its own: the key as it was when this was planned, and from the second time on as it is now. */
  readonly apiKey: () => () => string;
  /** The secrets of webhooks, as they are now. */
  readonly webhookSecrets: () => readonly string[];
  readonly makeSinks: MakeSinks;
  /** True when the state file is gone with this machine or container. */
  readonly isStateFleeting: boolean;
}

/** For whom a tail is planned. */
export interface Planning {
  readonly context: Context;
  readonly log: Logger;
  /** True where reading is worth something by itself. Default false. */
  readonly mayLackSinks?: boolean;
}

/**
 * Reads the configuration, the key and the handlers, and checks whatever can be checked.
 * @throws ConfigError naming everything that is wrong, before anything is asked, opened or written.
 */
export async function planTail(
  flags: ConfigFlags,
  { context, log, mayLackSinks = false }: Planning,
): Promise<TailPlan> {
  const configuration = await loadConfiguration(flags, context);
  const { problems, secrets, sinks, values } = configuration;
  const isSound = problems.all.length === 0;
  const filesystem = filesystemOf(values.state, readMounts());
  if (filesystem?.isRemote === true && !values.insecureRemoteState) {
    const mistake = `is on ${filesystem.type}, mounted at ${filesystem.mountPoint}, where SQLite cannot keep it whole`;
    const advice = "Name a file on a disk of this machine (or insist with --insecure-remote-state)";
    problems.add({ where: values.state, key: "state", mistake: `${mistake}. ${advice}` });
  }
  const { health } = values;
  if (health !== undefined && !isLoopback(health.host) && !values.insecureHealthExposed) {
    const advice = "Use 127.0.0.1, or insist with --insecure-health-exposed";
    const where = configuration.origins["health"]?.where ?? "--health";
    problems.add({ where, key: "health", mistake: `can be asked by other machines. ${advice}` });
  }
  const webhookSecrets = await readWebhookSecrets(configuration, context);
  const makeSinks = await prepareSinks(sinks, problems, { context, log });
  const apiKey = await readKey(secrets.apiKey, problems);
  // A sink that is wrong has been complained about already.
  if (sinks.length === 0 && isSound && !mayLackSinks) {
    const ways = or(Object.keys(targets).map(flagOf));
    const mistake = `Nowhere to deliver to. Give at least one of ${ways}, or \`sinks\` in a config file`;
    problems.add({ where: "", key: "sinks", mistake, isUsage: true });
  }
  problems.throwIfAny();
  for (const { name, meant } of unknownVariables(context.environment)) {
    log.warn({ variable: name, ...(meant === null ? {} : { meant }) }, "a variable is no setting, and is ignored");
  }
  if (apiKey === null) throw new ConfigError("There is no API key.", { where: "--api-key-file" });
  return {
    configuration,
    apiKey: () => rereading(apiKey, secrets.apiKey),
    webhookSecrets,
    makeSinks,
    isStateFleeting: filesystem?.isFleeting === true,
  };
}

/** A client asks again when its key is refused: by then a file may hold another. */
function rereading(first: Secret, source: SecretSource | null): () => string {
  let isAskedAgain = false;
  return () => {
    const key = isAskedAgain && source !== null ? source.read().first() : first;
    isAskedAgain = true;
    return key.reveal();
  };
}
