import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { ConfigError, type Runtime, systemRuntime } from "@dirsync/sdk";
import { createServer, type DirsyncServer, type KeepEvents, type WebhookOptions } from "@dirsync/server";
import { dataFileOf, encryptionKeysOf, publicUrlOf, type ServerKeyFlags, serverKeysOf } from "../config.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import type { HealthServer } from "../health/server.ts";
import {
  checkMetricsAddress,
  openServeMetrics,
  type ServeMetricsFlags,
  warnOfInsecure,
} from "../health/serve-metrics.ts";
import { createLogger } from "../logging.ts";
import { createOutput } from "../output.ts";
import { listenForShutdown } from "../shutdown.ts";

/** Flags of `dirsync serve`. */
export interface ServeFlags extends ServeMetricsFlags, ServerKeyFlags {
  readonly port: number;
  readonly host: string;
  readonly data?: string;
  /** Ranges and the word loopback, separated by commas. */
  readonly webhookAllow?: string;
  /** A second. */
  readonly scimRate: number;
  readonly scimLog: number;
  /** Default 90 days. */
  readonly keepEvents?: KeepEvents;
  readonly json: boolean;
}

/** What a directory may send at once, in seconds of what it may send in the long run. */
const burstSeconds = 10;

/** Runs the service until SIGINT or SIGTERM. */
export async function serve(flags: ServeFlags, context: Context): Promise<number> {
  const log = createLogger(context, { json: flags.json });
  const runtime: Runtime = { ...systemRuntime, log };
  checkMetricsAddress(flags);
  const dataFile = dataFileOf(flags.data, context.environment);
  makeFolder(dataFile);
  warnOfInsecure(flags, log);
  const { apiKeys, madeKey } = keysFor(flags, { context, dataFile });
  const publicUrl = publicUrlOf(context);
  const webhooks = webhookGuardOf(flags.webhookAllow, madeKey !== null);
  const encryptionKey = encryptionKeysOf(flags, context);
  const shutdown = listenForShutdown(log);
  let server: DirsyncServer | null = null;
  let metrics: HealthServer | null = null;
  try {
    server = await createServer({
      dataFile,
      apiKey: apiKeys,
      runtime,
      webhooks,
      scimRate: { perSecond: flags.scimRate, burst: Math.max(1, flags.scimRate * burstSeconds) },
      scimLog: { requestsMax: flags.scimLog },
      keepEvents: flags.keepEvents ?? { days: 90 },
      ...(publicUrl === undefined ? {} : { publicUrl }),
      ...(encryptionKey === null ? {} : { encryptionKey }),
    });
    metrics = await openServeMetrics(flags, server, { context, runtime });
    const { url } = await server.listen({ port: flags.port, host: flags.host });
    announce(
      { url, madeKey, dataFile, metricsUrl: metrics?.url ?? null },
      createOutput(context, flags.json, { secrecy: "shown" }),
    );
    await aborted(shutdown.signal);
    return exitCodes.done;
  } finally {
    shutdown.release();
    await metrics?.close();
    await server?.close();
  }
}

/** With a development key the app is on this machine, too. */
function webhookGuardOf(given: string | undefined, isDevelopment: boolean): WebhookOptions {
  const words = given?.split(",").map((word) => word.trim()) ?? [];
  const allow = words.filter((word) => word !== "loopback" && word !== "");
  return { allow, loopback: given === undefined ? isDevelopment : words.includes("loopback") };
}

/** The folder of the default data file does not exist on a fresh machine. Nobody else may look into it: it holds people. */
function makeFolder(dataFile: string): void {
  try {
    mkdirSync(dirname(dataFile), { recursive: true, mode: 0o700 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`The folder of ${dataFile} cannot be made: ${reason}`, { where: "--data", cause: error });
  }
}

interface KeyContext {
  readonly context: Context;
  readonly dataFile: string;
}

interface Keys {
  readonly apiKeys: readonly string[];
  /** The one for development, where none was given. */
  readonly madeKey: string | null;
}

function keysFor(flags: ServeFlags, { context, dataFile }: KeyContext): Keys {
  const given = serverKeysOf(flags, context);
  if (given !== null) return { apiKeys: given, madeKey: null };
  if (!["127.0.0.1", "::1", "localhost"].includes(flags.host)) {
    throw new ConfigError(
      `A development key is only made for this machine, and --host ${flags.host} can be reached from others. Set DIRSYNC_API_KEY or --api-key-file.`,
      { where: "--host" },
    );
  }
  const madeKey = context.secrets.keep(developmentKey(`${dataFile}.key`));
  return { apiKeys: [madeKey], madeKey };
}

function developmentKey(file: string): string {
  try {
    const kept = existsSync(file) ? readFileSync(file, "utf8").trim() : "";
    if (kept !== "") {
      chmodSync(file, 0o600);
      return kept;
    }
    const key = `sk_dev_${randomBytes(24).toString("base64url")}`;
    // Renamed into place, so that a start that is cut short leaves no empty key behind.
    writeFileSync(`${file}.new`, `${key}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return key;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`Cannot keep the development key: ${reason}`, { where: "--data", cause: error });
  }
}

interface Announcement {
  readonly url: string;
  readonly madeKey: string | null;
  readonly dataFile: string;
  readonly metricsUrl: string | null;
}

/** A key that was made here is a result, and shown on purpose. One that was given stays out of what may well be a log. */
function announce({ url, madeKey, dataFile, metricsUrl }: Announcement, output: ReturnType<typeof createOutput>): void {
  const scimUrl = `${url}/scim/v2.0`;
  if (output.isJson) {
    const watched = metricsUrl === null ? {} : { metrics_url: `${metricsUrl}/metrics` };
    output.json({ url, api_key: madeKey, scim_url: scimUrl, ...watched });
    return;
  }
  output.line(`${output.style("bold", "dirsync")} is serving ${output.style("cyan", url)}`);
  output.line(`  data     ${dataFile}`);
  output.line(`  API key  ${madeKey ?? "as given"}`);
  if (madeKey !== null) output.line(`           a development key, kept in ${dataFile}.key`);
  if (metricsUrl !== null) output.line(`  metrics  ${metricsUrl}/metrics`);
  output.line();
  // Without the address, the next command would ask WorkOS.
  output.line("Go on in another terminal:");
  output.line(`  export DIRSYNC_BASE_URL=${url}`);
  output.line(`  export DIRSYNC_API_KEY=${madeKey ?? "…   # the key that was given"}`);
  output.line("  dirsync directories create Acme --provider okta   # what goes into a provider");
  output.line("  dirsync tail --stdout                             # what it then does");
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
