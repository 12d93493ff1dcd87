import { ConfigError, type Runtime } from "@dirsync/sdk";
import type { DirsyncServer } from "@dirsync/server";
import type { Context } from "../context.ts";
import { isLoopback } from "../loopback.ts";
import type { Address } from "../settings/kinds.ts";
import { type HealthServer, startHealthServer } from "./server.ts";

/** Where the metrics of `dirsync serve` are told. */
export interface ServeMetricsFlags {
  readonly metrics?: Address;
  readonly insecureMetricsExposed: boolean;
  readonly insecureSecretFiles: boolean;
}

/** Says which insecure settings are on. */
export function warnOfInsecure(flags: ServeMetricsFlags, log: Runtime["log"]): void {
  for (const setting of insecureIn(flags)) log.warn({ setting }, "an insecure setting is on");
}

function insecureIn({ insecureMetricsExposed, insecureSecretFiles }: ServeMetricsFlags): readonly string[] {
  const all = Object.entries({ insecureMetricsExposed, insecureSecretFiles });
  return all.filter(([, isOn]) => isOn).map(([name]) => name);
}

/** Refuses an address that other machines can ask, unless that is insisted on. @throws ConfigError */
export function checkMetricsAddress({ metrics, insecureMetricsExposed }: ServeMetricsFlags): void {
  if (metrics === undefined || isLoopback(metrics.host) || insecureMetricsExposed) return;
  throw new ConfigError(
    `--metrics ${metrics.host} can be asked by other machines, without a key. Use 127.0.0.1, or insist with --insecure-metrics-exposed.`,
    { where: "--metrics" },
  );
}

/** Listens for whoever watches the server; null when nobody is to. @throws ConfigError when the address is taken */
export async function openServeMetrics(
  flags: ServeMetricsFlags,
  server: DirsyncServer,
  { context, runtime }: { readonly context: Context; readonly runtime: Runtime },
): Promise<HealthServer | null> {
  if (flags.metrics === undefined) return null;
  const warnings = insecureIn(flags).map((name) => `${name} is on`);
  const listener = await startHealthServer(flags.metrics, {
    ready: async () => {
      const problems = await problemsOf(server);
      return { isReady: problems.length === 0, details: { problems, warnings } };
    },
    metrics: () => server.metrics(),
    redact: (text) => context.secrets.redactAll(text),
  });
  runtime.log.info({ url: listener.url }, "answering /livez, /readyz and /metrics");
  return listener;
}

async function problemsOf(server: DirsyncServer): Promise<readonly string[]> {
  const health = await server.fetch(new Request("http://localhost/healthz"));
  const { status, message } = (await health.json()) as { readonly status?: string; readonly message?: string };
  if (status === "read_only") {
    return ["the data file cannot be written and every change is answered 503; free its disk or make it writable"];
  }
  return health.ok ? [] : [message ?? "the data file cannot be read; see the log"];
}
