import type { ServerOptions } from "../config.ts";
import { resolveConfig } from "../config.ts";
import { listen } from "../http/listener.ts";
import { openService } from "../service.ts";
import type { Service } from "../service.ts";
import { Faults } from "./faults.ts";
import { WebhookFaults } from "./webhook-faults.ts";

/** What `createTestServer` takes, all of it optional. */
export interface TestServerOptions extends Omit<ServerOptions, "dataFile" | "apiKey"> {
  /** Default `sk_test_dirsync`. */
  readonly apiKey?: string;
  /** Default: a free one. */
  readonly port?: number;
}

/** A whole directory-sync service in memory, which can be emptied and made to fail. */
export interface TestServer {
  /** Where it listens, on this machine only: the `baseUrl` of a client. */
  readonly url: string;
  readonly apiKey: string;
  /** Has requests fail: to the API and to SCIM. */
  readonly faults: Faults;
  /** Has webhooks be lost, come twice, late, or in another order. */
  readonly webhookFaults: WebhookFaults;
  /** Answers a request without a socket, under the same faults. @throws DirsyncError `connection_cut` where a socket would be cut */
  fetch(request: Request): Promise<Response>;
  /**
   * Empties it: no directory, event, endpoint, stored answer or fault is left. Address and API key stay, and a connection that
   * is kept alive goes on working. Resolves when the requests under way have been answered.
   */
  reset(): Promise<void>;
  /** Stops listening, and forgets everything. Repeating it is harmless. */
  close(): Promise<void>;
}

/**
 * Starts a directory-sync service for a test: the real one, in memory, on a free port of this machine. Faults are asked for
 * with its methods; nothing that comes over the network can ask for one.
 * @throws ConfigError
 */
export async function createTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { apiKey = "sk_test_dirsync", port = 0, ...others } = options;
  const config = resolveConfig({ ...others, apiKey, dataFile: ":memory:" });
  const webhookFaults = new WebhookFaults(config.runtime);
  const open = async (): Promise<Life> => {
    return new Life(await openService(config, (event, send, signal) => webhookFaults.deliver(event, send, signal)));
  };
  let life = await open();
  const faults = new Faults({ routes: life.routes, runtime: config.runtime });
  const fetch = (request: Request): Promise<Response> => {
    // Asked for now: a request belongs to the life it arrived in.
    const current = life;
    return current.answer(() => faults.answer(request, current.fetch));
  };
  const listener = await listen({ port, host: "127.0.0.1" }, fetch).catch(async (error: unknown) => {
    await life.end();
    throw error;
  });
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    faults.clear();
    webhookFaults.clear();
    await listener.stop();
    await life.end();
  };
  return {
    url: listener.url,
    apiKey,
    faults,
    webhookFaults,
    fetch,
    reset: async () => {
      const ended = life;
      life = await open();
      faults.clear();
      webhookFaults.clear();
      await ended.end();
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** One service from empty to gone, which waits for the requests under way. */
class Life {
  readonly #service: Service;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(service: Service) {
    this.#service = service;
  }

  get routes(): readonly string[] {
    return this.#service.routes;
  }

  readonly fetch = (request: Request): Promise<Response> => this.#service.fetch(request);

  async answer(work: () => Promise<Response>): Promise<Response> {
    const answering = work();
    const settled = answering.catch(() => undefined);
    this.#underWay.add(settled);
    void settled.then(() => this.#underWay.delete(settled));
    return await answering;
  }

  async end(): Promise<void> {
    await Promise.all(this.#underWay);
    // What is being sent to an endpoint now belongs to what is to be forgotten.
    await this.#service.close(0);
  }
}
