import { Dispatcher, type Fact, type Policy } from "@dirsync/consumer";
import type { Runtime } from "@dirsync/sdk";
import type { Store } from "../store/model.ts";
import type { WebhookEndpointRow } from "../store/tables.ts";
import { EndpointJournal } from "./endpoint-journal.ts";
import type { Listening } from "./growth.ts";
import { EndpointSink, type EndpointTarget, type SinkSurroundings } from "./endpoint-sink.ts";

/** What delivering to an endpoint needs besides the endpoint. */
export interface DeliveryContext {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly policy: Policy;
  readonly surroundings: SinkSurroundings;
  readonly onFact?: ((fact: Fact) => void) | undefined;
}

/** Delivering to one endpoint. Each has a dispatch of its own, so that none waits for another. */
export class Delivery implements Listening {
  /** The endpoint's place in the store. */
  readonly endpointSeq: number;
  readonly #id: string;
  readonly #runtime: Runtime;
  readonly #journal: EndpointJournal;
  readonly #sink: EndpointSink;
  readonly #dispatcher: Dispatcher;
  readonly #drain = new AbortController();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #events: ReadonlySet<string>;
  #eventsText: string;

  /** Begins at once, where the endpoint's cursor stands. */
  constructor(
    row: WebhookEndpointRow,
    target: EndpointTarget,
    { store, runtime, policy, surroundings, onFact }: DeliveryContext,
  ) {
    this.endpointSeq = row.seq;
    this.#id = row.id;
    this.#runtime = runtime;
    this.#events = eventsOf(row);
    this.#eventsText = row.events;
    const onDisabled = (reason: string): void => {
      runtime.log.error({ endpoint: row.id, reason }, "a webhook endpoint was disabled; its events wait for it");
      this.#drain.abort();
    };
    this.#journal = new EndpointJournal({ store, endpointSeq: row.seq, nowMs: () => runtime.now(), onDisabled });
    this.#sink = new EndpointSink(row.id, target, surroundings);
    this.#dispatcher = new Dispatcher({
      journal: this.#journal,
      sink: this.#sink,
      policy,
      wants: ({ event }) => this.wants(event),
      runtime,
      onFact,
      drain: this.#drain.signal,
      stop: this.#stop.signal,
    });
    this.#running = this.#run();
  }

  /** True once it was told to end, or has disabled its endpoint. */
  get isEnding(): boolean {
    return this.#drain.signal.aborted;
  }

  /** The endpoint has changed. */
  update(row: WebhookEndpointRow, target: EndpointTarget): void {
    this.#events = eventsOf(row);
    this.#eventsText = row.events;
    this.#sink.aim(target);
  }

  /** The events that it wants, as they are stored. */
  get eventsText(): string {
    return this.#eventsText;
  }

  /** True for the name of an event that the endpoint is to be told of. */
  wants(event: string): boolean {
    return this.#events.has(event);
  }

  /** How far it has come, while it has nothing to do; null while it has. */
  get restsAt(): number | null {
    return this.isEnding ? null : this.#dispatcher.restsAt;
  }

  /** Its cursor was moved up to here, over what it does not want. */
  passOver(seq: number): void {
    this.#dispatcher.passOver(seq);
  }

  /** The log has grown. */
  notify(): void {
    this.#dispatcher.notify();
  }

  /** Deliveries were asked for again. */
  ask(): void {
    this.#journal.ask();
    this.#dispatcher.notify();
  }

  /** Begins nothing more, and cuts off what takes longer than `graceMs`; that is delivered again next time. */
  async end(graceMs: number): Promise<void> {
    this.#drain.abort();
    const over = new AbortController();
    const cutOff = this.#runtime.sleep(graceMs, over.signal).then(
      () => this.#stop.abort(),
      () => undefined,
    );
    await this.#running;
    over.abort();
    await cutOff;
  }

  async #run(): Promise<void> {
    try {
      await this.#dispatcher.run();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const message = "delivering to a webhook endpoint has ended; it goes on when the server is started again";
      this.#runtime.log.error({ endpoint: this.#id, reason }, message);
      this.#drain.abort();
    } finally {
      await this.#sink.close();
    }
  }
}

function eventsOf(row: WebhookEndpointRow): ReadonlySet<string> {
  return new Set(JSON.parse(row.events) as readonly string[]);
}
