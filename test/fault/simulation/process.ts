/** One process of a simulated life: a whole consumer that can be killed, stopped and replaced at any of its steps. */
import { createConsumer, eventsApiSource, type Journal, openJournal, type Sink } from "@dirsync/consumer";
import { type DirectoryEvent, DirectorySync, isDirsyncError, type Runtime, StateError } from "@dirsync/sdk";
import { between } from "../../support/random.ts";
import { Applier } from "./applier.ts";
import type { Surroundings } from "./mutant.ts";
import { isWantedBy } from "./filters.ts";
import type { SinkPlan } from "./plan.ts";
import { type Fences, type Host, receiverOf } from "./receiver.ts";
import { transportFor } from "./service.ts";
import type { World } from "./world.ts";

/** What changes the state file, and so can meet a full disk or a busy file. */
const writes: ReadonlySet<string> = new Set(
  "bind append move markCaughtUp prune addSink withdrawOvertaken step noteEffect apply".split(" "),
);

/** Of a process that will find nothing new: some wait for the next try for twenty minutes. */
const idlePollMs = 30_000;

/** A process. It ends by itself, by `drain`, or is killed. */
export class SimulatedProcess implements Host {
  readonly id: number;
  /** Resolves when nothing of it goes on any more. */
  readonly ended: Promise<void>;
  readonly #world: World;
  readonly #fences: Fences;
  readonly #drain = new AbortController();
  readonly #killed = new AbortController();
  readonly #appliers = new Map<string, Applier>();
  #journal: Journal | null = null;
  #isHolding = false;
  #resume: (() => void) | null = null;
  #resumed: Promise<void> = Promise.resolve();

  constructor(id: number, { world, fences }: { world: World; fences: Fences }) {
    this.id = id;
    this.#world = world;
    this.#fences = fences;
    const killed = new Promise<void>((resolve) => {
      this.#killed.signal.addEventListener("abort", () => resolve(), { once: true });
    });
    this.ended = Promise.race([killed, this.#live()]);
  }

  get isKilled(): boolean {
    return this.#killed.signal.aborted;
  }

  get isPaused(): boolean {
    return this.#resume !== null;
  }

  /** True while it has the state file. */
  get isHolding(): boolean {
    return this.#isHolding;
  }

  /** SIGTERM. */
  drain(): void {
    if (this.#drain.signal.aborted || this.isPaused) return;
    this.#world.record({ op: "drain", node: this.id, atMs: this.#world.clock.nowMs });
    this.#drain.abort();
  }

  /** SIGSTOP. */
  pause(): void {
    if (this.isPaused) return;
    this.#world.record({ op: "pause", node: this.id });
    this.#resumed = new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** SIGCONT. */
  resume(): void {
    if (this.#resume === null) return;
    this.#world.record({ op: "resume", node: this.id });
    this.#resume();
    this.#resume = null;
  }

  async alive(): Promise<void> {
    while (this.#resume !== null) await this.#resumed;
    if (this.isKilled) await new Promise<never>(() => undefined);
  }

  async die(): Promise<never> {
    if (!this.isKilled) {
      this.#world.record({ op: "kill", node: this.id });
      this.#isHolding = false;
      this.#killed.abort();
      await this.#journal?.close();
    }
    return await new Promise<never>(() => undefined);
  }

  async #live(): Promise<void> {
    const world = this.#world;
    try {
      this.#journal = await openJournal({ path: world.path, role: "holder", holder: `process ${this.id}` });
      this.#isHolding = true;
      world.holder = this.#journal;
      world.epoch = this.#journal.epoch;
      world.record({ op: "lease", node: this.id, epoch: this.#journal.epoch });
      world.visitor ??= await openJournal({ path: world.path, role: "visitor" });
      const { isDrained } = await this.#consumer(this.#journal).run({ drain: this.#drain.signal });
      await this.#exit(isDrained, "done");
    } catch (error) {
      await this.#exit(false, isDirsyncError(error) ? error.code : String(error));
    }
  }

  async #exit(isClean: boolean, why: string): Promise<void> {
    await this.alive();
    this.#isHolding = false;
    await this.#journal?.close();
    this.#world.record({ op: "exit", node: this.id, atMs: this.#world.clock.nowMs, isClean, why });
  }

  #consumer(journal: Journal): ReturnType<typeof createConsumer> {
    const { plan, mutant } = this.#world;
    const {
      policy = same,
      runtime: changed = same,
      transport: replaced = same,
      wants = same,
      sink: built = same,
    } = mutant;
    const runtime = changed(this.#runtime());
    const transport = replaced(transportFor(this.#world, this.id));
    const client = new DirectorySync({
      apiKey: "sk_simulated",
      baseUrl: "http://service.invalid",
      transport: async (request, signal) => {
        await this.alive();
        const response = await transport(request, signal);
        await this.alive();
        return response;
      },
      rateLimit: false,
      runtime,
      fetchSignal: this.#killed.signal,
    });
    const source = eventsApiSource(client, { runtime });
    return createConsumer({
      source: mutant.source?.(source, this.#surroundings()) ?? source,
      journal: this.#guarded(mutant.journal?.(journal, this.#surroundings()) ?? journal),
      sinks: plan.sinks.map((sink) => ({
        sink: built(this.#receiver(sink)),
        policy: policy(sink.policy),
        wants: wants((event) => this.#isWanted(sink, event)),
      })),
      pollMs: this.#world.isAllRead ? idlePollMs : plan.pollMs,
      drainTimeoutMs: plan.drainTimeoutMs,
      runtime,
    });
  }

  #receiver(plan: SinkPlan): Sink {
    if (plan.manner !== "applies") return receiverOf(plan, { world: this.#world, host: this, fences: this.#fences });
    const applier = new Applier(plan, { world: this.#world, host: this });
    this.#appliers.set(plan.name, applier);
    return applier.sink;
  }

  /** The filter of a sink, which now and then fails. */
  #isWanted({ name, filter }: SinkPlan, event: DirectoryEvent): boolean {
    if (filter !== null && !this.isKilled && this.#world.happens("filterFails")) {
      this.#world.record({ op: "unsure", sink: name, id: event.id });
      throw new Error("The filter has lost its list.");
    }
    return isWantedBy(filter, event);
  }

  #surroundings(): Surroundings {
    const world = this.#world;
    return {
      holder: () => world.holder,
      isDraining: () => this.#drain.signal.aborted,
      now: () => world.clock.nowMs,
      crashPoint: async () => {
        world.look();
        if (world.happens("killAfter")) await this.die();
      },
    };
  }

  #runtime(): Runtime {
    const world = this.#world;
    const quiet = (): void => undefined;
    const told = (fields: object): void => {
      const isTold = "event_id" in fields && "sink" in fields && !this.isKilled;
      if (isTold) world.record({ op: "told", sink: String(fields.sink), id: String(fields.event_id) });
    };
    return {
      now: () => world.wallMs,
      sleep: async (ms, signal) => {
        await this.alive();
        await world.clock.sleep(ms, signal);
        await this.alive();
      },
      random: world.random,
      log: { debug: quiet, info: quiet, warn: quiet, error: told },
    };
  }

  /** The journal with everything around each call that can happen between a process and its disk. */
  #guarded(journal: Journal): Journal {
    return new Proxy(journal, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        const call = member.bind(target) as (...given: unknown[]) => Promise<unknown>;
        return (...given: unknown[]) => {
          const applier = name === "apply" ? this.#appliers.get(String(given[0])) : undefined;
          const run = (): Promise<unknown> => call(...given);
          return this.#through(String(name), () => applier?.settle(run) ?? run());
        };
      },
    });
  }

  async #through(method: string, call: () => Promise<unknown>): Promise<unknown> {
    const world = this.#world;
    await this.alive();
    if (world.happens("killBefore")) await this.die();
    if (world.happens("slowStorage")) await world.clock.sleep(between(world.random, 1, 200));
    await this.alive();
    if (writes.has(method)) this.#refuse(["storageBusy", "storageFull"]);
    const result = await call();
    if (writes.has(method)) this.#written(method);
    if (world.happens("killAfter")) await this.die();
    // An effect whose transaction was taken and called refused could not help coming twice.
    if (writes.has(method) && method !== "apply") this.#refuse(["storageLies"]);
    await this.alive();
    return result;
  }

  #refuse(faults: readonly string[]): void {
    const fault = faults.find((name) => this.#world.happens(name));
    if (fault === undefined) return;
    throw new StateError(`simulated: ${fault}`, { code: fault === "storageFull" ? "full" : "busy" });
  }

  #written(method: string): void {
    const epoch = this.#journal?.epoch ?? 0;
    // It writes only when there is something to withdraw, and is not refused otherwise.
    const isFenced = method !== "withdrawOvertaken";
    if (isFenced && epoch < this.#world.epoch) this.#world.record({ op: "stale write", node: this.id, epoch, method });
    if (method !== "markCaughtUp") this.#world.look();
  }
}

function same<T>(value: T): T {
  return value;
}
