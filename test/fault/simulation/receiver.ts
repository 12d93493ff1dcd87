/** A receiver of a simulated life: a sink that works, fails, hangs, lies and takes the process with it. */
import { type Attempt, type BatchEntry, handlersSink, type Sink } from "@dirsync/consumer";
import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { canonicalJson } from "../../support/event-log.ts";
import { between } from "../../support/random.ts";
import { isDownNow, isPoison } from "./outages.ts";
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

/** What a receiver works in. */
export interface ReceiverParts {
  readonly world: World;
  readonly host: Host;
  readonly fences: Fences;
}

/** A try that has begun, with what the consumer handed over. */
interface Begun {
  readonly record: TryRecord;
  readonly event: DirectoryEvent;
}

/** Makes the receiver of a plan. It refuses what a process sends that has been replaced, as the documents advise. */
export function receiverOf(plan: SinkPlan, parts: ReceiverParts): Sink {
  const receiver = new Receiver(plan, parts);
  const { name, manner } = plan;
  const deliver: Sink["deliver"] = (event, attempt) => receiver.take(event, attempt);
  if (manner !== "batches") return { name, deliver };
  return { name, deliver, deliverBatch: (entries, signal) => receiver.takeAll(entries, signal) };
}

class Receiver {
  readonly #plan: SinkPlan;
  readonly #world: World;
  readonly #host: Host;
  readonly #fences: Fences;
  readonly #effects: Sink;

  constructor(plan: SinkPlan, { world, host, fences }: ReceiverParts) {
    this.#plan = plan;
    this.#world = world;
    this.#host = host;
    this.#fences = fences;
    this.#effects = this.#handlers();
  }

  async take(event: DirectoryEvent, attempt: Attempt): Promise<void> {
    await this.#host.alive();
    if (this.#host.isKilled) return never();
    const begun = [this.#begin({ event, attempt }, null)];
    await this.#finish(begun, async () => {
      await this.#work([event], attempt.signal);
      if (this.#plan.manner === "effects") await this.#effects.deliver(event, attempt);
    });
  }

  async takeAll(entries: readonly BatchEntry[], signal: AbortSignal): Promise<void> {
    await this.#host.alive();
    if (this.#host.isKilled) return never();
    const batch = this.#world.nextBatch();
    const begun = entries.map((entry) => this.#begin(entry, batch));
    await this.#finish(begun, async () => {
      await this.#work(
        entries.map(({ event }) => event),
        signal,
      );
      if (!this.#world.happens("batchHalf")) return;
      const verdict = this.#world.random() < 0.2 ? "dead" : "retry";
      throw new SinkError("Half.", { verdict, deliveredCount: between(this.#world.random, 0, entries.length - 1) });
    });
  }

  #begin({ event, attempt }: BatchEntry, batch: number | null): Begun {
    const { number, epoch, seq, replay } = attempt;
    const record: TryRecord = { sink: this.#plan.name, id: event.id, epoch, attempt: number, node: this.#host.id };
    this.#world.record({ op: "begin", ...record, seq, atMs: this.#world.clock.nowMs, isReplay: replay, batch });
    this.#fences.set(this.#plan.name, Math.max(epoch, this.#fences.get(this.#plan.name) ?? 0));
    return { record, event };
  }

  async #finish(begun: readonly Begun[], work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.#host.alive();
      if (this.#host.isKilled) return never();
      const takenCount = error instanceof SinkError ? (error.deliveredCount ?? 0) : 0;
      const isLie = error instanceof Lie;
      const results = begun.map((one, index) =>
        this.#end(one, isLie ? "ambiguous" : index < takenCount ? "ok" : "failed"),
      );
      if (results.includes("fenced")) throw new Error("A later process has been here.", { cause: error });
      throw error;
    }
    await this.#host.alive();
    if (this.#host.isKilled) return never();
    const results = begun.map((one) => this.#end(one, "ok"));
    if (results.includes("fenced")) throw new Error("A later process has been here.");
    if (this.#world.happens("killInTry")) await this.#host.die();
  }

  #end({ record, event }: Begun, result: "ok" | "failed" | "ambiguous"): string {
    const isStale = record.epoch < (this.#fences.get(this.#plan.name) ?? 0);
    const told = isStale && result !== "failed" ? "fenced" : result;
    this.#world.record({ op: "end", ...record, result: told, content: canonicalJson(event) });
    return told;
  }

  async #work(events: readonly DirectoryEvent[], signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#world;
    const isDown = isDownNow(this.#world, this.#plan.name);
    if (isDown || this.#world.happens("tryThrows")) throw new Error("The database is down.");
    if (events.some(({ id }) => isPoison(this.#world, id)) || this.#world.happens("killInTry")) await this.#host.die();
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

  /** One mail for each event, whatever comes again: what a handler has through `context.effect`. */
  #handlers(): Sink {
    const sink = this.#plan.name;
    return handlersSink({
      "*": async ({ id }, { effect, attempt: { epoch } }) => {
        const had = await effect("mail", id, async () => {
          await this.#host.alive();
          if (this.#host.isKilled) return never();
          this.#world.record({ op: "effect", sink, id, epoch });
          return true;
        });
        await this.#host.alive();
        if (had === true && !this.#host.isKilled) this.#world.record({ op: "noted", sink, id, epoch });
      },
    });
  }
}

/** The effect is there, and the consumer is told that it failed. */
class Lie extends Error {}

/** Nothing of a process that was killed goes on. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
