import type { Fact } from "@dirsync/consumer";
import { BackupCopies } from "./backup-copies.ts";
import type { ServerConfig } from "./config.ts";
import { createApp, routesOf } from "./http/app.ts";
import { createIds } from "./ids.ts";
import { Lineage } from "./lineage.ts";
import { ServerMetrics } from "./metrics.ts";
import { LogRetention } from "./retention.ts";
import { RateLimiter } from "./scim/rate-limit.ts";
import { Recorder } from "./scim-log/recorder.ts";
import type { Store } from "./store/model.ts";
import { openSqlite } from "./store/sqlite.ts";
import { createStore } from "./store/store.ts";
import { TokenKeeper } from "./tokens/token-keeper.ts";
import type { WebhookIntercept } from "./webhooks/endpoint-sink.ts";
import { renewSecrets } from "./webhooks/renew-secrets.ts";
import { fingerprintOf, secretBox } from "./webhooks/secrets.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

/** What answers requests, over one open data file. Nothing listens. */
export interface Service {
  /** Every route as `METHOD /path/:parameter`. */
  readonly routes: readonly string[];
  readonly fetch: (request: Request) => Promise<Response>;
  /** What there is to watch, as Prometheus reads it. */
  readonly metrics: () => Promise<string>;
  /** Ends webhooks under way, which may take so many milliseconds more, and closes the data file. */
  close(graceMs?: number): Promise<void>;
}

/**
 * Opens the data file, creating and migrating it as needed, and begins to deliver webhooks.
 * @throws ConfigError, StateError
 */
export async function openService(config: ServerConfig, intercept?: WebhookIntercept): Promise<Service> {
  const store = createStore(openSqlite(config.dataFile));
  try {
    const ids = createIds(config.runtime, await store.read((data) => data.lastIds()));
    const metrics = new ServerMetrics();
    const webhooks = webhooksOf(config, store, { intercept, onFact: metrics.deliveryEnded });
    await checkGuard(config, webhooks);
    // Before the first key is put on record as the one that everything is sealed with.
    await renewSecrets(store, webhooks.box, config.runtime);
    const keyFingerprints = config.encryptionKeys.map(fingerprintOf);
    const lineage = await Lineage.open({ ...config, store, ids, keyFingerprints });
    await webhooks.start();
    const backups = new BackupCopies(store, config);
    await backups.sweep();
    const recorder = new Recorder({ store, runtime: config.runtime, kept: config.scimLog });
    const retention = new LogRetention({ store, runtime: config.runtime, keep: config.keepEvents });
    retention.start();
    const limiter = new RateLimiter(config.scimRate, () => config.runtime.now());
    const tokens = new TokenKeeper({ store, ids, runtime: config.runtime });
    await tokens.start();
    const app = createApp({ config, store, ids, webhooks, tokens, backups, recorder, limiter, metrics });
    return {
      routes: routesOf(app),
      fetch: async (request) => await app.fetch(request),
      metrics: () => metrics.text(store, config.runtime.now()),
      close: async (graceMs) => {
        await webhooks.close(graceMs);
        await tokens.close();
        await retention.close();
        await recorder.flush();
        await lineage.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Says that the guard itself is wrong, while whoever wrote it is there to read it. @throws ConfigError */
async function checkGuard({ webhookGuard: { allow, ports } }: ServerConfig, webhooks: Webhooks): Promise<void> {
  if (allow !== undefined || ports !== undefined) {
    await webhooks.check(`https://example.com:${String(ports?.[0] ?? 443)}`);
  }
}

function webhooksOf(
  config: ServerConfig,
  store: Store,
  { intercept, onFact }: { readonly intercept: WebhookIntercept | undefined; readonly onFact: (fact: Fact) => void },
): Webhooks {
  const { runtime, encryptionKeys, webhookGuard: guard, webhookDelaysMs: delaysMs } = config;
  const box = secretBox(encryptionKeys);
  return new Webhooks({
    store,
    runtime,
    box,
    guard,
    delaysMs,
    onFact,
    ...(intercept === undefined ? {} : { intercept }),
  });
}
