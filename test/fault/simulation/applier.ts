/** A receiver of a simulated life whose effects are rows of the state file, in the transaction that marks them as had. */
import type { Attempt, HandlerDatabase, Sink } from "@dirsync/consumer";
import { type DirectoryEvent, SinkError } from "@dirsync/sdk";
import { canonicalJson } from "../../support/event-log.ts";
import { between } from "../../support/random.ts";
import { isDownNow, isPoison } from "./outages.ts";
import type { SinkPlan } from "./plan.ts";
import type { Host } from "./receiver.ts";
import type { TryRecord } from "./records.ts";
import type { World } from "./world.ts";

/** Where the effects are. */
export const effectsTable = "CREATE TABLE IF NOT EXISTS simulated_effects (sink TEXT NOT NULL, id TEXT NOT NULL)";

interface Begun {
  readonly record: TryRecord;
  readonly content: string;
}

/** The receiver of one sink in one process. */
export class Applier {
  readonly sink: Sink;
  readonly #plan: SinkPlan;
  readonly #world: World;
  readonly #host: Host;
  #open: Begun[] = [];
  #batch = 0;
  /** The process is killed with the transaction that is under way. */
  #isDying = false;

  constructor(plan: SinkPlan, { world, host }: { readonly world: World; readonly host: Host }) {
    this.#plan = plan;
    this.#world = world;
    this.#host = host;
    this.sink = {
      name: plan.name,
      deliver: () => Promise.reject(new SinkError("It is to be applied, not delivered.", { verdict: "halt" })),
      apply: (event, attempt, database) => this.#apply(event, { attempt, database }),
    };
  }

  /**
   * Has a transaction run, and writes down what came of each try in it: not what the consumer says, but what is in the file.
   * Nothing may happen in between, so the transaction must be over when `run` returns.
   */
  async settle<T>(run: () => Promise<T>): Promise<T> {
    this.#open = [];
    this.#batch = this.#world.nextBatch();
    const running = run();
    if (this.#isDying) {
      running.catch(() => undefined);
      return this.#host.die();
    }
    const ids = this.#world.onlooker.takeEffects(this.#plan.name);
    for (const id of ids) this.#end(id);
    for (const { record, content } of this.#open)
      this.#world.record({ op: "end", ...record, result: "failed", content });
    return running;
  }

  #apply(
    event: DirectoryEvent,
    { attempt, database }: { readonly attempt: Attempt; readonly database: HandlerDatabase },
  ): void {
    const { number, epoch, seq, replay } = attempt;
    const { name: sink } = this.#plan;
    const record: TryRecord = { sink, id: event.id, epoch, attempt: number, node: this.#host.id };
    const atMs = this.#world.clock.nowMs;
    this.#world.record({ op: "begin", ...record, seq, atMs, isReplay: replay, batch: this.#batch });
    this.#open.push({ record, content: canonicalJson(event) });
    this.#fail(event.id, database);
    database.exec(effectsTable);
    database.prepare("INSERT INTO simulated_effects (sink, id) VALUES (?, ?)").run(sink, event.id);
    this.#fail(event.id, database);
  }

  /** Of the tries that are open, this one has its row. */
  #end(id: string): void {
    const begun = this.#open.find(({ record }) => record.id === id);
    this.#open = this.#open.filter((other) => other !== begun);
    const { record, content } = begun ?? { record: this.#unknown(id), content: "" };
    this.#world.record({ op: "end", ...record, result: "ok", content });
  }

  #unknown(id: string): TryRecord {
    return { sink: this.#plan.name, id, epoch: this.#world.epoch, attempt: 0, node: this.#host.id };
  }

  #fail(id: string, database: HandlerDatabase): void {
    const world = this.#world;
    if (isPoison(world, id) || world.happens("killInTry")) {
      this.#isDying = true;
      database.exec("ROLLBACK");
      throw new Error("Killed.");
    }
    if (isDownNow(world, this.#plan.name) || world.happens("tryThrows")) {
      // What it had done before goes with it, and so does what others had done in the same transaction.
      if (world.random() < 0.5) database.exec("ROLLBACK");
      throw new Error("The database is down.");
    }
    if (world.happens("tryFails")) throw new Error("Again.");
    if (world.happens("tryDead")) throw new SinkError("Never.", { verdict: "dead" });
    if (world.happens("tryHalts")) throw new SinkError("Not me.", { verdict: "halt" });
    if (world.happens("tryLater")) {
      throw new SinkError("Later.", { verdict: "retry", retryAfterMs: between(world.random, 100, 20_000) });
    }
  }
}
