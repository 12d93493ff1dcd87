/**
 * The process with the handlers under torture: loads them in a folder of their own, calls them as a tail would, and dies
 * when and where it is told to. `subject.ts` is its other end.
 */
import fs from "node:fs";
import type { HandlerContext, Handlers } from "@dirsync/consumer";
import { type DirectoryEvent, isDirsyncError, isKnownEventName, silentLogger, type SinkError } from "@dirsync/sdk";
import { isObject } from "../load-module.ts";
import { loadHandlerModule } from "../sinks/handler-module.ts";
import { watchEffects } from "./effects.ts";
import type { TortureHarness } from "./harness.ts";
import { type Order, type Refusal, type Report, reportDescriptor, type Try } from "./protocol.ts";
import { Settling } from "./settling.ts";
import { Watch } from "./watch.ts";

/** Takes orders from now on. The process ends with the one that started it. */
export function serveTorture(): void {
  const report = reporter();
  const watch = new Watch(report);
  watchEffects(watch);
  const subject = new Loaded(watch, report);
  process.on("unhandledRejection", (reason) => watch.unhandled(messageOf(reason)));
  process.on("uncaughtException", (error) => watch.unhandled(messageOf(error)));
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.on("message", (order: Order) => {
    subject.obey(order).catch((error: unknown) => report({ report: "failed", message: messageOf(error) }));
  });
}

/** Writes each report before it returns, so that none is lost when the process is killed. */
function reporter(): (report: Report) => void {
  // Before it is watched: what we say is no effect of a handler.
  const write = fs.writeSync;
  return (report) => {
    let rest = Buffer.from(`${JSON.stringify(report)}\n`, "utf8");
    while (rest.length > 0) {
      try {
        rest = rest.subarray(write(reportDescriptor, rest));
      } catch (error) {
        // The reader is slower than we are.
        if (!isObject(error) || error["code"] !== "EAGAIN") throw error;
      }
    }
  };
}

/** The handlers, once they are loaded. */
class Loaded {
  readonly #watch: Watch;
  readonly #report: (report: Report) => void;
  readonly #settling = new Settling();
  #handlers: Handlers = {};
  /** Side effects that are not to be had again. */
  readonly #effects = new Set<string>();
  #harness: TortureHarness | null = null;

  constructor(watch: Watch, report: (report: Report) => void) {
    this.#watch = watch;
    this.#report = report;
  }

  async obey(order: Order): Promise<void> {
    switch (order.order) {
      case "load":
        return await this.#load(order);
      case "reset":
        this.#effects.clear();
        await this.#harness?.reset();
        return this.#report({ report: "reset" });
      case "snapshot":
        return this.#report({ report: "snapshot", snapshot: (await this.#harness?.snapshot()) ?? null });
      case "deliver":
        await Promise.all(order.tries.map((one) => this.#try(one)));
        await this.#settling.wait(order.settleMs);
        return this.#report({ report: "settled" });
      case "abort":
        return this.#watch.abort(order.id);
      default:
        return order satisfies never;
    }
  }

  async #load({ folder, file, cacheFolder }: Order & { order: "load" }): Promise<void> {
    process.chdir(folder);
    const { handlers, exported } = await loadHandlerModule(file, cacheFolder);
    this.#handlers = handlers;
    this.#harness = harnessOf(exported, file);
    this.#report({ report: "loaded", hasHarness: this.#harness !== null });
  }

  async #try(order: Try): Promise<void> {
    const { id, seq, epoch, number, lane, replay, injection } = order;
    let error: Refusal | null = null;
    const { running, ended } = this.#watch.run(order, (signal) => {
      const attempt = { number, seq, epoch, lane, replay, signal };
      const effect: HandlerContext["effect"] = (name, key, work) => this.#effect(`${name} ${key}`, work);
      return this.#deliver(order.event as DirectoryEvent, { attempt, signal, log: silentLogger, replay, effect });
    });
    try {
      await ended;
      if (injection?.kind === "kill_resolved") this.#watch.die(id);
    } catch (thrown) {
      error = { message: messageOf(thrown), isFinal: isFinal(thrown) };
    }
    this.#report({ report: "ended", id, error, effects: running.effects, awaits: running.awaits });
  }

  /** A crash forgets it: one between the effect and its record does so in a tail, too, and a handler has to bear that. */
  async #effect<T>(name: string, work: () => T | Promise<T>): Promise<T | undefined> {
    if (this.#effects.has(name)) return undefined;
    const result = await work();
    this.#effects.add(name);
    return result;
  }

  /** As a tail calls them, but for the check of the data: our own service has made it, and its schemas load slowly. */
  async #deliver(event: DirectoryEvent, context: HandlerContext): Promise<void> {
    const typed = isKnownEventName(event.event) ? this.#handlers[event.event] : undefined;
    const handler = (typed ?? this.#handlers["*"]) as
      | ((event: DirectoryEvent, context: HandlerContext) => unknown)
      | undefined;
    await handler?.(event, context);
  }
}

function harnessOf(exported: unknown, file: string): TortureHarness | null {
  if (exported === undefined) return null;
  if (isObject(exported) && typeof exported["reset"] === "function" && typeof exported["snapshot"] === "function") {
    return exported as unknown as TortureHarness;
  }
  throw new Error(`${file} exports \`torture\`, but not as an object with the functions reset and snapshot.`);
}

/** By brand and property, because a handler may have its own copy of the SDK. */
function isFinal(error: unknown): boolean {
  return isDirsyncError(error) && "verdict" in error && (error as SinkError).verdict !== "retry";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
