import { ConfigError } from "@dirsync/sdk";
import type { DirectoryEvent, Runtime } from "@dirsync/sdk";
import { requestsMax } from "../webhooks/schedule.ts";
import type { ArmedFault, WebhookFault } from "./fault.ts";

/** Which webhooks are struck. */
export interface WebhookFaultOptions {
  /** How many; those that are reordered are counted one by one. Default: 1, and for `reorder` its count. */
  readonly times?: number;
  /** Asked of every webhook that is still to be struck; false lets it pass. */
  readonly when?: (event: DirectoryEvent) => boolean;
}

/** Faults that wait for webhooks. Each is struck by one at most, the one that has waited longest. */
export class WebhookFaults {
  readonly #runtime: Runtime;
  #armed: Armed[] = [];

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Strikes the next webhooks, to whichever endpoint. @throws ConfigError when the fault cannot be carried out */
  next(fault: WebhookFault, { times, when = () => true }: WebhookFaultOptions = {}): ArmedFault {
    if (fault.kind === "reorder" && !(fault.count >= 2 && fault.count <= requestsMax)) {
      const message = `From 2 to ${String(requestsMax)} webhooks can be put in another order.`;
      throw new ConfigError(message, { where: "count" });
    }
    const count = times ?? (fault.kind === "reorder" ? fault.count : 1);
    if (!Number.isSafeInteger(count) || count < 1) {
      throw new ConfigError("A fault strikes at least one webhook; give a whole number.", { where: "times" });
    }
    const armed = new Armed(fault, when, count);
    this.#armed.push(armed);
    return armed;
  }

  /** Takes every fault back; what is held is sent. */
  clear(): void {
    for (const armed of this.#armed) armed.release();
    this.#armed = [];
  }

  /** Sends with `send`, or does what has been asked for in place of it. */
  async deliver(event: DirectoryEvent, send: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const armed = this.#armed.find(({ remaining, when }) => remaining > 0 && when(event));
    if (armed === undefined) return await send();
    armed.strike();
    const { fault } = armed;
    switch (fault.kind) {
      case "drop":
        return;
      case "duplicate":
        await send();
        await send();
        return;
      case "delay":
        await this.#runtime.sleep(fault.delayMs, signal);
        await send();
        return;
      case "reorder":
        await armed.hold(send, fault.count);
        return;
      default:
        return fault satisfies never;
    }
  }
}

interface Held {
  readonly send: () => Promise<void>;
  readonly settle: (sending: Promise<void>) => void;
}

class Armed implements ArmedFault {
  readonly fault: WebhookFault;
  readonly when: (event: DirectoryEvent) => boolean;
  #remaining: number;
  #struck = 0;
  #held: Held[] = [];

  constructor(fault: WebhookFault, when: (event: DirectoryEvent) => boolean, times: number) {
    this.fault = fault;
    this.when = when;
    this.#remaining = times;
  }

  get struck(): number {
    return this.#struck;
  }

  get remaining(): number {
    return this.#remaining;
  }

  strike(): void {
    this.#struck += 1;
    this.#remaining -= 1;
  }

  release(): void {
    this.#remaining = 0;
    this.#sendHeld();
  }

  /** Resolves when it was sent, which is when so many are held. */
  async hold(send: () => Promise<void>, count: number): Promise<void> {
    const sent = new Promise<void>((settle) => this.#held.push({ send, settle }));
    if (this.#held.length >= count || this.#remaining === 0) this.#sendHeld();
    await sent;
  }

  /** From the last to the first, each when the one before has been answered. */
  #sendHeld(): void {
    const held = [...this.#held].reverse();
    this.#held = [];
    let before: Promise<void> = Promise.resolve();
    for (const { send, settle } of held) {
      const sending = before.then(send);
      settle(sending);
      before = sending.catch(() => undefined);
    }
  }
}
