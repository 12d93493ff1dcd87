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
  { metrics: at, insecureMetricsExposed }: ServeMetricsFlags,
  server: DirsyncServer,
  { context, runtime }: { readonly context: Context; readonly runtime: Runtime },
): Promise<HealthServer | null> {
  if (at === undefined) return null;
  const warnings = insecureMetricsExposed ? ["insecureMetricsExposed is on"] : [];
  if (insecureMetricsExposed) {
    const fields = { setting: "insecureMetricsExposed", from: "--insecure-metrics-exposed" };
    runtime.log.warn(fields, "an insecure setting is on");
  }
  const listener = await startHealthServer(at, {
    ready: async () => {
      const { ok: isReady } = await server.fetch(new Request("http://localhost/healthz"));
      return { isReady, details: { warnings } };
    },
    metrics: () => server.metrics(),
    redact: (text) => context.secrets.redactAll(text),
  });
  runtime.log.info({ url: listener.url }, "answering /livez, /readyz and /metrics");
  return listener;
}
