/** A receiver of a simulated life: a sink that works, fails, hangs, lies and takes the process with it. */
import type { Attempt, Sink } from "@dirsync/consumer";
import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { canonicalJson } from "../../support/event-log.ts";
import { between } from "../../support/random.ts";
import type { SinkPlan } from "./plan.ts";
import type { TryRecord } from "./records.ts";
import type { World } from "./world.ts";

/** What a receiver needs of the process it works for. */
export interface Host {
  readonly id: number;
  /** Resolves while the process runs: later when it is stopped, never when it was killed. */
  alive(): Promise<void>;
  /** To be asked right before something is written down, because `alive` resolves a moment after it has looked. */
  readonly isKilled: boolean;
  /** Ends the process as SIGKILL does. Never resolves. */
  die(): Promise<never>;
}

/** What receivers of all processes of one life share: the highest epoch that each sink's receiver has seen. */
export type Fences = Map<string, number>;

/** A receiver that refuses what a process sends that has been replaced, as the documents advise. */
export class Receiver implements Sink {
  readonly name: string;
  readonly #plan: SinkPlan;
  readonly #world: World;
  readonly #host: Host;
  readonly #fences: Fences;

  constructor(plan: SinkPlan, { world, host, fences }: { world: World; host: Host; fences: Fences }) {
    this.name = plan.name;
    this.#plan = plan;
    this.#world = world;
    this.#host = host;
    this.#fences = fences;
  }

  async deliver(event: DirectoryEvent, attempt: Attempt): Promise<void> {
    await this.#host.alive();
    if (this.#host.isKilled) return never();
    const { number, epoch, seq } = attempt;
    const record: TryRecord = { sink: this.name, id: event.id, epoch, attempt: number, node: this.#host.id };
    this.#world.record({ op: "begin", ...record, seq, atMs: this.#world.clock.nowMs });
    this.#fences.set(this.name, Math.max(epoch, this.#fences.get(this.name) ?? 0));
    try {
      await this.#work(event, attempt);
    } catch (error) {
      await this.#host.alive();
      if (this.#host.isKilled) return never();
      this.#end(record, event, error instanceof Lie ? "ambiguous" : "failed");
      throw error;
    }
    await this.#host.alive();
    if (this.#host.isKilled) return never();
    if (this.#end(record, event, "ok") === "fenced") throw new Error("A later process has been here.");
    if (this.#world.happens("killInTry")) await this.#host.die();
  }

  #end(record: TryRecord, event: DirectoryEvent, result: "ok" | "failed" | "ambiguous"): string {
    const isStale = record.epoch < (this.#fences.get(this.name) ?? 0);
    const told = isStale && result !== "failed" ? "fenced" : result;
    this.#world.record({ op: "end", ...record, result: told, content: canonicalJson(event) });
    return told;
  }

  async #work({ id }: DirectoryEvent, { signal }: Attempt): Promise<void> {
    const { clock, random } = this.#world;
    const isDown = this.#isDown();
    if (isDown || this.#world.happens("tryThrows")) throw new Error("The database is down.");
    if (this.#isPoison(id) || this.#world.happens("killInTry")) await this.#host.die();
    if (this.#world.happens("trySlow")) await clock.sleep(between(random, 100, this.#plan.policy.timeoutMs), signal);
    else await clock.sleep(between(random, 0, 30), signal);
    await this.#host.alive();
    if (this.#world.happens("tryHangs")) await clock.sleep(60_000, signal);
    await this.#host.alive();
    this.#fail();
  }

  #fail(): void {
    const world = this.#world;
    if (world.happens("tryAmbiguous")) throw new Lie("The answer was lost.");
    if (world.happens("tryFails")) throw new Error("Again.");
    if (world.happens("tryDead")) throw new SinkError("Never.", { verdict: "dead" });
    if (world.happens("tryHalts")) throw new SinkError("Not me.", { verdict: "halt" });
    if (world.happens("tryLater")) {
      throw new SinkError("Later.", { verdict: "retry", retryAfterMs: between(world.random, 100, 20_000) });
    }
  }

  /** Down for half of each minute. */
  #isDown(): boolean {
    const { clock, plan, isChaos, lameSink } = this.#world;
    if (lameSink === this.name && !isChaos) return true;
    const isDown = isChaos && plan.rates.has("sinkDown") && Math.floor(clock.nowMs / 30_000) % 2 === 0;
    if (isDown) this.#world.count("sinkDown");
    return isDown;
  }

  /** Every try of some events ends the process, for as long as there is chaos. */
  #isPoison(id: string): boolean {
    const { plan, isChaos } = this.#world;
    const isPoison = isChaos && plan.rates.has("poison") && (Number(id.slice(-4)) + plan.seed) % 11 === 0;
    if (isPoison) this.#world.count("poison");
    return isPoison;
  }
}

/** The effect is there, and the consumer is told that it failed. */
class Lie extends Error {}

/** Nothing of a process that was killed goes on. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
