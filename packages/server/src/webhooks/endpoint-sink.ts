import { forwardSink, type Attempt, type Sink, type TargetGuard } from "@dirsync/consumer";
import { type DirectoryEvent, isDirsyncError, type Runtime, SinkError } from "@dirsync/sdk";
import { requestsMax } from "./schedule.ts";

/** Where an endpoint is, and what signs what is sent there. */
export interface EndpointTarget {
  readonly url: string;
  readonly secret: string;
  /** The secret before, while both are good; null when there is none. */
  readonly previous: { readonly secret: string; readonly untilMs: number } | null;
}

/** Stands between an endpoint and what is sent there: `send` sends it. What it throws counts as the receiver's failure. */
export type WebhookIntercept = (event: DirectoryEvent, send: () => Promise<void>, signal: AbortSignal) => Promise<void>;

/** What holds for all endpoints. */
export interface SinkSurroundings {
  readonly guard: TargetGuard;
  readonly runtime: Runtime;
  readonly intercept?: WebhookIntercept;
}

/** Statuses of a receiver that does not take the signature, or says no more than that something is wrong. */
const refusingStatuses = new Set([400, 401, 403]);

/** An endpoint as a sink: one request for each event, to where the endpoint is at that time. */
export class EndpointSink implements Sink {
  readonly name: string;
  readonly #surroundings: SinkSurroundings;
  #target: EndpointTarget;
  #aim: Aim | null = null;

  constructor(id: string, target: EndpointTarget, surroundings: SinkSurroundings) {
    this.name = id;
    this.#target = target;
    this.#surroundings = surroundings;
  }

  /** Sends there from now on; what is under way goes on. */
  aim(target: EndpointTarget): void {
    this.#target = target;
    this.#dropAim();
  }

  async deliver(event: DirectoryEvent, attempt: Attempt): Promise<void> {
    const { intercept } = this.#surroundings;
    if (intercept === undefined) return await this.#send(event, attempt);
    await intercept(event, () => this.#send(event, attempt), attempt.signal);
  }

  async close(): Promise<void> {
    await this.#aim?.close();
  }

  async #send(event: DirectoryEvent, attempt: Attempt): Promise<void> {
    const aim = this.#currentAim();
    aim.requests += 1;
    try {
      await aim.deliver(event, attempt);
    } catch (error) {
      throw patient(error);
    } finally {
      aim.requests -= 1;
      if (aim.isDropped && aim.requests === 0) await aim.close();
    }
  }

  #currentAim(): Aim {
    const { previous } = this.#target;
    if (previous !== null && this.#surroundings.runtime.now() >= previous.untilMs) {
      this.aim({ ...this.#target, previous: null });
    }
    this.#aim ??= new Aim(this.name, this.#target, this.#surroundings);
    return this.#aim;
  }

  #dropAim(): void {
    const aim = this.#aim;
    this.#aim = null;
    if (aim === null) return;
    aim.isDropped = true;
    if (aim.requests === 0) void aim.close();
  }
}

/**
 * One address with its secrets. While there are two, both are in the header of Standard Webhooks; that of WorkOS has room
 * for one, because official clients refuse a second. A receiver that refuses the one is therefore asked again at once with
 * the other, and the one it took comes first from then on.
 */
class Aim {
  /** Requests under way. */
  requests = 0;
  isDropped = false;
  readonly #senders: Promise<readonly Sink[]>;
  /** The sender that was taken last. It begins with the secret that the receiver has had all along. */
  #first = 0;

  constructor(name: string, { url, secret, previous }: EndpointTarget, { guard, runtime }: SinkSurroundings) {
    const orders =
      previous === null
        ? [[secret]]
        : [
            [previous.secret, secret],
            [secret, previous.secret],
          ];
    const schemes = ["workos", "standard"] as const;
    const common = { ...guard, name, url, schemes, runtime, connectionsMax: requestsMax };
    this.#senders = Promise.all(orders.map((order) => forwardSink({ ...common, secret: order })));
    // Told where it is waited for.
    this.#senders.catch(() => undefined);
  }

  async deliver(event: DirectoryEvent, attempt: Attempt): Promise<void> {
    const senders = await this.#senders;
    const first = this.#first % senders.length;
    const other = senders[(first + 1) % senders.length];
    try {
      await senders[first]?.deliver(event, attempt);
    } catch (error) {
      if (senders.length < 2 || !isRefusal(error)) throw error;
      await other?.deliver(event, attempt);
      this.#first = first + 1;
    }
  }

  async close(): Promise<void> {
    for (const sender of await this.#senders.catch(() => [])) await sender.close?.();
  }
}

function isRefusal(error: unknown): boolean {
  return isDirsyncError(error) && "status" in error && refusingStatuses.has(Number(error.status));
}

/**
 * Nothing but 410 ends the tries before their time. Somebody else runs the receiver: an event that it cannot take today it
 * takes after it was mended, and a name that leads astray today leads back tomorrow.
 */
function patient(error: unknown): unknown {
  if (!isDirsyncError(error) || !("verdict" in error) || error.verdict === "retry") return error;
  if ("status" in error && error.status === 410) return error;
  return new SinkError(error.message, { verdict: "retry", code: error.code, cause: error });
}
