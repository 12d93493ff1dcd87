import { type Fact, forwardSink, type TargetGuard } from "@dirsync/consumer";
import type { Runtime } from "@dirsync/sdk";
import type { Store } from "../store/model.ts";
import type { WebhookEndpointRow } from "../store/tables.ts";
import { allEndpoints } from "./all-endpoints.ts";
import { Delivery, type DeliveryContext } from "./delivery.ts";
import type { EndpointTarget, WebhookIntercept } from "./endpoint-sink.ts";
import { tellOfGrowth } from "./growth.ts";
import { policyOf } from "./schedule.ts";
import { newSecret, type SecretBox } from "./secrets.ts";

/** What the webhooks of a server are made of. */
export interface WebhooksOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly box: SecretBox;
  readonly guard: TargetGuard;
  readonly delaysMs: readonly number[];
  /** Stands between every endpoint and what is sent there. */
  readonly intercept?: WebhookIntercept;
  /** Told what deliveries come to; `sink` is the id of the endpoint. */
  readonly onFact?: (fact: Fact) => void;
}

/** How long requests under way may take when the server closes. */
const graceMsDefault = 5_000;

/** Deliveries stay in the log this long after they have ended. */
const keptMs = 30 * 24 * 60 * 60 * 1_000;
const pruneEveryMs = 60 * 60 * 1_000;
/** Forgotten in one transaction: more would hold writers up for a noticeable time. */
const pruneMax = 1_000;

/** So many deliveries are woken with every change. */
const wokenAlways = 8;
/** What each adds to the time between two wakings where there are more: some ten times what its waking costs. */
const restMsEach = 2;

/** Tells endpoints of events: one delivery for each that is enabled. */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #context: DeliveryContext;
  readonly #deliveries = new Map<number, Delivery>();
  /** Endings under way, which the next beginning of the same endpoint waits for. */
  readonly #endings = new Map<number, Promise<void>>();
  readonly #closed = new AbortController();
  #pruning: Promise<void> | null = null;
  /** While it runs, nobody is woken, and the log may have grown meanwhile. */
  #rest: NodeJS.Timeout | null = null;
  #hasGrown = false;

  constructor(options: WebhooksOptions) {
    const { store, runtime, guard, delaysMs, intercept, onFact } = options;
    const surroundings = { guard, runtime, ...(intercept === undefined ? {} : { intercept }) };
    this.#options = options;
    this.#context = { store, runtime, policy: policyOf(delaysMs), surroundings, onFact };
  }

  get box(): SecretBox {
    return this.#options.box;
  }

  /** Goes on where each endpoint's cursor stands. */
  async start(): Promise<void> {
    const { store } = this.#options;
    store.onGrowth(() => this.#grown());
    for (const row of await allEndpoints(this.#options.store)) if (row.status === "enabled") this.changed(row);
  }

  /**
   * Says that an endpoint cannot be told of events at this address.
   * @throws ConfigError
   */
  async check(url: string): Promise<void> {
    const sink = await forwardSink({ ...this.#options.guard, url, secret: newSecret() });
    await sink.close?.();
  }

  /** The endpoint is stored like this from now on. */
  changed(row: WebhookEndpointRow): void {
    if (this.#closed.signal.aborted) return;
    const target = row.status === "enabled" ? this.#targetOf(row) : null;
    const running = this.#deliveries.get(row.seq);
    if (target === null) {
      if (running !== undefined) void this.#end(row.seq, running, graceMsDefault);
      return;
    }
    if (running !== undefined && !running.isEnding) {
      running.update(row, target);
      return;
    }
    if (running !== undefined) void this.#end(row.seq, running, graceMsDefault);
    this.#begin(row, target);
  }

  /** The endpoint is gone. What is under way to it is cut off. */
  removed(seq: number): void {
    const running = this.#deliveries.get(seq);
    if (running !== undefined) void this.#end(seq, running, 0);
  }

  /** Deliveries of this endpoint were asked for again. */
  asked(seq: number): void {
    this.#deliveries.get(seq)?.ask();
  }

  /** Ends all deliveries; what could not be finished is delivered next time. */
  async close(graceMs: number = graceMsDefault): Promise<void> {
    this.#closed.abort();
    if (this.#rest !== null) clearTimeout(this.#rest);
    for (const [seq, delivery] of this.#deliveries) void this.#end(seq, delivery, graceMs);
    await Promise.all(this.#endings.values());
    await this.#pruning;
  }

  /**
   * Wakes the deliveries. Each looks into the log whether there is something for it, which a hundred of them must not do
   * with every single change: where there are many, one look does for those that rest, and changes that come one close
   * after the other share a waking.
   */
  #grown(): void {
    this.#hasGrown = true;
    if (this.#rest !== null || this.#closed.signal.aborted) return;
    this.#hasGrown = false;
    const deliveries = [...this.#deliveries.values()];
    if (deliveries.length <= wokenAlways) {
      for (const delivery of deliveries) delivery.notify();
      return;
    }
    void tellOfGrowth(this.#options.store, deliveries);
    this.#rest = setTimeout(() => {
      this.#rest = null;
      if (this.#hasGrown) this.#grown();
    }, this.#deliveries.size * restMsEach);
  }

  /** Two deliveries to one endpoint at a time would each deliver everything. */
  #begin(row: WebhookEndpointRow, target: EndpointTarget): void {
    // Not before: a server without endpoints has no timers.
    this.#pruning ??= this.#pruneNowAndThen();
    const ending = this.#endings.get(row.seq);
    if (ending === undefined) {
      this.#deliveries.set(row.seq, new Delivery(row, target, this.#context));
      return;
    }
    void ending.then(async () => {
      if (this.#closed.signal.aborted) return;
      const current = await this.#options.store.read((data) => data.webhookEndpoints.findBySeq(row.seq));
      if (current !== undefined && !this.#deliveries.has(row.seq)) this.changed(current);
    });
  }

  async #end(seq: number, delivery: Delivery, patienceMs: number): Promise<void> {
    this.#deliveries.delete(seq);
    const ending = Promise.all([this.#endings.get(seq), delivery.end(patienceMs)]).then(() => {
      if (this.#endings.get(seq) === ending) this.#endings.delete(seq);
    });
    this.#endings.set(seq, ending);
    await ending;
  }

  #targetOf({ id, url, ...row }: WebhookEndpointRow): EndpointTarget | null {
    const { box, runtime } = this.#options;
    const secret = box.open(row.secret, id);
    if (secret === null) {
      const message =
        "the secret of a webhook endpoint cannot be read with this key; its events wait. Give it another one.";
      runtime.log.error({ endpoint: id }, message);
      return null;
    }
    const before = row.previous_secret === null ? null : box.open(row.previous_secret, id);
    const previous = before === null ? null : { secret: before, untilMs: row.previous_secret_until_ms ?? 0 };
    return { url, secret, previous };
  }

  async #pruneNowAndThen(): Promise<void> {
    const { runtime } = this.#options;
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        for (const row of await allEndpoints(this.#options.store)) await this.#prune(row.seq);
      } catch (error) {
        if (signal.aborted) return;
        runtime.log.warn({ reason: String(error) }, "could not forget old deliveries of webhooks; will try again");
      }
      await runtime.sleep(pruneEveryMs, signal).catch(() => undefined);
    }
  }

  async #prune(seq: number): Promise<void> {
    const { store, runtime } = this.#options;
    const beforeMs = runtime.now() - keptMs;
    for (let count = pruneMax; count === pruneMax && !this.#closed.signal.aborted;) {
      count = await store.write(async (data) => {
        const row = await data.webhookEndpoints.findBySeq(seq);
        if (row === undefined) return 0;
        return await data.webhookDeliveries(seq).prune({ beforeMs, lowSeq: row.low_seq, limit: pruneMax });
      });
    }
  }
}
