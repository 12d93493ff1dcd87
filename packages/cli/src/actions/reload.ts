import { isDirsyncError, type Runtime } from "@dirsync/sdk";
import type { Configuration } from "../settings/load.ts";
import type { TailPlan } from "./tail-plan.ts";

/** A configuration that did not take over, or not for long. */
export interface RefusedReload {
  readonly reason: string;
  readonly atMs: number;
}

/** What a reload works with. */
export interface ReloadOptions {
  /** Reads the configuration as it is now. */
  readonly read: () => Promise<TailPlan>;
  readonly runtime: Runtime;
  /** Told when the newest configuration is refused, and when one was taken after that. */
  readonly onRefused: (refused: RefusedReload | null) => void;
}

/** Settings of the state file, of the log it belongs to, and of the listeners: others need another process. */
const fixed = [
  "state",
  "durability",
  "baseUrl",
  "sourceEvents",
  "health",
  "doorbell",
] as const satisfies (keyof Configuration["values"])[];

/**
 * Reads the configuration again while the old one is at work. Only one that is right takes its place; with any other
 * the old one goes on, and the log says why.
 */
export class Reload {
  readonly #options: ReloadOptions;
  #current: TailPlan;
  #previous: TailPlan | null = null;
  #next: TailPlan | null = null;
  #isReverting = false;
  #isProven = false;
  #refused: RefusedReload | null = null;
  #turn = new AbortController();
  #reading: Promise<void> = Promise.resolve();

  constructor(first: TailPlan, options: ReloadOptions) {
    this.#current = first;
    this.#options = options;
  }

  /** The newest configuration, where an older one is at work because that was not taken; null otherwise. */
  get refused(): RefusedReload | null {
    return this.#refused;
  }

  /** Aborted when another configuration waits to take over. */
  get signal(): AbortSignal {
    return this.#turn.signal;
  }

  /** True when another configuration waits to take over. */
  get isAsked(): boolean {
    return this.#next !== null;
  }

  /** The configuration that is at work. */
  get current(): TailPlan {
    return this.#current;
  }

  /** True when this one was at work before: what the service refuses it for is then no mistake in it. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** The configuration to go by from now on. */
  take(): TailPlan {
    if (this.#next !== null) {
      // Going back is no step forward: there is nothing to go back to from there.
      this.#previous = this.#isReverting ? null : this.#current;
      this.#current = this.#next;
    }
    this.#isProven = this.#isReverting;
    this.#isReverting = false;
    this.#next = null;
    this.#turn = new AbortController();
    return this.#current;
  }

  /** Goes back to the configuration before, because the service refuses this one. False when there is none before. */
  revert(error: unknown): boolean {
    if (this.#previous === null || !isDirsyncError(error) || error.retryable || !isRefusal(error.name)) return false;
    if (this.#next !== null) {
      const message = "the service refuses the new configuration; a newer one takes its place";
      this.#options.runtime.log.error({ reason: error.message }, message);
      // Should that be refused as well, there is the one that worked to go back to.
      this.#current = this.#previous;
      return true;
    }
    this.#refuse(error.message, "the service refuses the new configuration; going back to the old one");
    this.#isReverting = true;
    this.#next = this.#previous;
    return true;
  }

  /** Reads the configuration, after a reading that is under way. */
  ask(): void {
    this.#reading = this.#reading.then(() => this.#prepare());
  }

  async #prepare(): Promise<void> {
    try {
      const plan = await this.#options.read();
      const changed = fixed.filter((key) => !isSame(key, this.#current, plan));
      if (changed.length > 0) {
        this.#refuse(`${changed.join(", ")} cannot change while it runs; restart it for that`, notTaken);
        return;
      }
      this.#accept();
      this.#options.runtime.log.info({ config: plan.configuration.file }, "taking the new configuration");
      this.#next = plan;
      this.#turn.abort();
    } catch (error) {
      this.#refuse(error instanceof Error ? error.message : String(error), notTaken);
    }
  }

  #refuse(reason: string, message: string): void {
    const { runtime, onRefused } = this.#options;
    runtime.log.error({ reason }, message);
    this.#refused = { reason, atMs: runtime.now() };
    onRefused(this.#refused);
  }

  #accept(): void {
    if (this.#refused === null) return;
    this.#refused = null;
    this.#options.onRefused(null);
  }
}

const notTaken = "the new configuration was not taken; the old one goes on";

/** A key or a connection that somebody has to mend: the old configuration waits for that, as it would have without a new one. */
function isRefusal(name: string): boolean {
  return name === "ApiError" || name === "ConnectionError";
}

function isSame(key: (typeof fixed)[number], one: TailPlan, other: TailPlan): boolean {
  return JSON.stringify(one.configuration.values[key]) === JSON.stringify(other.configuration.values[key]);
}

/** A configuration that was not taken, for people; null where there is none. */
export function tellRefused(refused: RefusedReload | null): string | null {
  if (refused === null) return null;
  return `the newest configuration was not taken, and the one before it is at work: ${refused.reason}`;
}
