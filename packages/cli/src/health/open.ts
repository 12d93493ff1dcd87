import type { Configuration } from "../settings/load.ts";
import { insecuritiesOf } from "../actions/insecurity.ts";
import { Monitor, type Watched } from "./monitor.ts";
import { type HealthServer, startHealthServer } from "./server.ts";

/** What watches a tail, and the listener that tells; null when nobody is to be told. */
export interface Health {
  readonly monitor: Monitor;
  readonly server: HealthServer;
}

/**
 * Listens where the configuration says.
 * @throws ConfigError when that address cannot be listened at.
 */
export async function openHealth(
  first: Configuration,
  current: () => Configuration,
  watched: Omit<Watched, "settings">,
): Promise<Health | null> {
  const { health } = first.values;
  if (health === undefined) return null;
  const settings = () => {
    const configuration = current();
    const { poll: pollMs, sourceRetention: retentionMs } = configuration.values;
    return { pollMs, retentionMs, insecure: insecuritiesOf(configuration).map(({ setting }) => setting) };
  };
  const monitor = new Monitor({ ...watched, settings });
  const server = await startHealthServer(health, monitor);
  watched.runtime.log.info({ url: server.url }, "answering /livez, /readyz and /metrics");
  return { monitor, server };
}
