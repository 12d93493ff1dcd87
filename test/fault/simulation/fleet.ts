import { rmSync } from "node:fs";
import { openJournal } from "@dirsync/consumer";
import { between } from "../../support/random.ts";
import { SimulatedProcess } from "./process.ts";
import type { Fences } from "./receiver.ts";
import type { World } from "./world.ts";

/** A supervisor: whenever a process has ended, it starts another one. */
export class Fleet {
  readonly #world: World;
  readonly #fences: Fences = new Map();
  /** Processes that were replaced and do not know it yet. */
  readonly #replaced = new Set<SimulatedProcess>();
  #current: SimulatedProcess | null = null;
  #count = 0;
  #replace: (() => void) | null = null;
  #isOver = false;

  constructor(world: World) {
    this.#world = world;
  }

  get current(): SimulatedProcess | null {
    return this.#current;
  }

  /** Resolves after `end`, when no process is left. */
  async keepRunning(): Promise<void> {
    const { clock, random } = this.#world;
    while (!this.#isOver) {
      this.#count += 1;
      const process = new SimulatedProcess(this.#count, { world: this.#world, fences: this.#fences });
      this.#current = process;
      const replaced = new Promise<"replaced">((resolve) => {
        this.#replace = () => resolve("replaced");
      });
      const how = await Promise.race([process.ended.then(() => "ended" as const), replaced]);
      this.#current = null;
      if (how === "replaced") this.#replaced.add(process);
      else await clock.sleep(between(random, 0, 3_000));
    }
    await Promise.all([...this.#replaced].map(({ ended }) => ended));
  }

  /** Another process takes the state file although this one runs: somebody has deleted the lock. */
  takeOver(): void {
    if (this.#current === null) return;
    this.#world.record({ op: "replaced", node: this.#current.id });
    rmSync(`${this.#world.path}.lock`, { force: true });
    this.#replace?.();
  }

  /** Tries to hold the state file beside the process that does. */
  async openSecond(): Promise<void> {
    const { path } = this.#world;
    // A process that has no journal yet, or has it no more, holds nothing.
    if (this.#current?.isHolding !== true) return;
    try {
      const second = await openJournal({ path, role: "holder" });
      await second.close();
    } catch {
      return;
    }
    this.#world.record({ op: "second holder", node: this.#count });
  }

  /** SIGTERM to the process that runs, if one does; resolves when another one runs. */
  async restart(): Promise<void> {
    const process = this.#current;
    process?.drain();
    await process?.ended;
    while (this.#current === null || this.#current === process) await this.#world.clock.sleep(100);
  }

  resumeAll(): void {
    this.#current?.resume();
    for (const process of this.#replaced) process.resume();
  }

  /** Ends the last process in an orderly way. */
  async end(): Promise<void> {
    this.#isOver = true;
    // One that has only read since then does not know that it was replaced.
    for (const process of this.#replaced) process.drain();
    this.#current?.drain();
    await this.#current?.ended;
  }
}
