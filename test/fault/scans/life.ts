/**
 * One simulated life of a consumer that scans: upstream changes all the time, processes are killed in the middle of scans,
 * and from the moment a scan is complete the mirror must be what upstream's log says at the cursor, after every commit.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createConsumer, type Journal, openJournal } from "@dirsync/consumer";
import { between, oneOf, type Random, seededRandom } from "../../support/random.ts";
import { stateFileOf } from "../made-state-file.ts";
import { SimulatedClock } from "../simulation/clock.ts";
import { killNowAndThen } from "./kills.ts";
import { observed } from "./observed.ts";
import { afterwards, type Misuse } from "./misuse.ts";
import { appSink, mortalRuntime } from "./mortal.ts";
import { approveNowAndThen } from "./person.ts";
import { StateFile } from "./state-file.ts";
import { passBy } from "./strangers.ts";
import { Upstream } from "./upstream.ts";
import { unlike, UpstreamState, without } from "./upstream-state.ts";

/** What a seed came to. */
export interface ScanLife {
  readonly seed: number;
  /** What was wrong, first thing first; empty when nothing was. */
  readonly wrong: readonly string[];
  /** What happened how often. */
  readonly counts: Readonly<Record<string, number>>;
}

const startMs = Date.parse("2026-01-15T12:00:00.000Z");
const churnMs = 16_000;
const calmMs = 240_000;
/** Upstream promises to keep events for so long, and does not always. */
const retentionMs = 60_000;
/** Longer than it takes a consumer to look back. */
const sweepMs = 11 * 60_000;
/** Lives the life of a seed, with its state file below `folder`. */
export async function live(seed: number, folder: string, misuse: Misuse = {}): Promise<ScanLife> {
  const clock = new SimulatedClock(startMs);
  const home = mkdtempSync(join(folder, "scan-"));
  const life = new Life({ seed, path: await stateFileOf({ seed, home, folder }), clock, misuse });
  try {
    await clock.runUntil(life.run());
  } finally {
    await life.end();
    rmSync(home, { recursive: true, force: true });
  }
  return { seed, wrong: life.wrong, counts: life.counts };
}

interface LifeParts {
  readonly seed: number;
  readonly path: string;
  readonly clock: SimulatedClock;
  readonly misuse: Misuse;
}

class Life {
  readonly wrong: string[] = [];
  readonly counts: Record<string, number> = {};
  readonly #seed: number;
  readonly #path: string;
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  readonly #upstream: Upstream;
  readonly #misuse: Misuse;
  readonly #skewMs: number;
  readonly #app = new UpstreamState();
  readonly #hasApp: boolean;
  /** The kill switch of the process that runs. */
  #killed = new AbortController();
  #held: Journal | null = null;
  #visitor: Journal | null = null;
  #file: StateFile | null = null;
  #isWatching = false;
  #onRelease = (): void => undefined;

  constructor({ seed, path, clock, misuse }: LifeParts) {
    this.#seed = seed;
    this.#path = path;
    this.#clock = clock;
    this.#misuse = misuse;
    const random = seededRandom(seed);
    this.#random = random;
    this.#skewMs = oneOf(random, [0, 200, 1_500, 4_000]) ?? 0;
    this.#hasApp = seed % 4 === 0;
    this.#upstream = new Upstream({
      clock,
      random,
      skewMs: this.#skewMs,
      behind: oneOf(random, ["log", "lists", "either"]) ?? "either",
      lostPlace: oneOf(random, ["goes on", "refuses", "starts again"]) ?? "goes on",
      lateRate: seed % 5 === 0 ? 0.15 : 0,
      failureRate: oneOf(random, [0, 0, 0.03]) ?? 0,
    });
  }

  async run(): Promise<void> {
    await this.#churn(between(this.#random, 0, 80), 40);
    const isGap = this.#random() < 0.5;
    if (isGap) await this.#liveBefore();
    // What the log forgets by then was visible in the lists long before.
    await this.#upstream.settle();
    this.#upstream.forgotten = Math.max(0, this.#upstream.log.length - between(this.#random, 0, 10));
    await this.#start();
    const asking = this.#askUnlessGap(isGap ? 13_000 : 0);
    this.#isWatching = true;
    const killing = killNowAndThen({
      clock: this.#clock,
      random: this.#random,
      kill: () => this.#kill(),
      start: () => this.#start(),
      released: () => new Promise((resolve) => (this.#onRelease = resolve)),
    });
    const person = new AbortController();
    const approving = approveNowAndThen(() => this.#visitor, this.#clock, {
      signal: person.signal,
      onApproved: () => this.#count("approvals"),
    });
    await this.#churn(10, 600);
    this.#upstream.mayBeLate = true;
    const restMs = oneOf(this.#random, [600, 600, 80]) ?? 600;
    await this.#churn(Math.floor((churnMs * 2) / restMs), restMs);
    await Promise.all([killing, asking]);
    this.#upstream.isCalm = true;
    await this.#completion();
    if (this.#upstream.late.length > 0) await this.#sweeps();
    await this.#quiet();
    if (this.#seed % 3 === 0) await this.#strangers();
    await this.#again();
    person.abort();
    await approving;
  }

  async end(): Promise<void> {
    this.#killed.abort();
    await this.#held?.close().catch(() => undefined);
    await this.#visitor?.close();
    this.#file?.close();
  }

  async #churn(times: number, restMsMax: number): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      this.#upstream.churn();
      await this.#clock.sleep(between(this.#random, 1, restMsMax));
    }
  }

  /** A consumer that read the log from its beginning, and then was away for longer than upstream keeps it. */
  async #liveBefore(): Promise<void> {
    // More than the 50 that a scan may delete without asking.
    const leavers = this.#seed % 16 === 5 ? 55 : 0;
    this.#upstream.hire(leavers);
    await this.#start();
    await this.#clock.sleep(20_000);
    await this.#kill();
    this.#upstream.layOff(leavers);
    await this.#churn(between(this.#random, 0, 30), 40);
    await this.#clock.sleep(2 * retentionMs);
  }

  async #start(): Promise<void> {
    const killed = new AbortController();
    this.#killed = killed;
    const { signal } = killed;
    const mortal = { clock: this.#clock, random: this.#random, signal };
    this.#held = await openJournal({ path: this.#path, role: "holder" });
    const journal = observed(this.#held, signal, (name) => this.#check(name));
    const source = this.#upstream.source();
    const consumer = createConsumer({
      source: this.#misuse.readsLogAfterwards === true ? afterwards(source, this.#held) : source,
      journal,
      sinks: this.#hasApp ? [{ sink: appSink(this.#app, mortal) }] : [],
      scan: { lists: this.#upstream.lists(), skewMs: this.#skewMs },
      pollMs: between(this.#random, 100, 400),
      retentionMs,
      runtime: mortalRuntime(mortal),
    });
    consumer.run().catch((error: unknown) => {
      if (!signal.aborted) this.wrong.push(`The consumer ended: ${String(error)}`);
    });
    this.#visitor ??= await openJournal({ path: this.#path, role: "visitor" });
    this.#file ??= new StateFile(this.#path);
  }

  async #kill(): Promise<void> {
    this.#count("kills");
    const state = (await this.#visitor?.scans.scanStatus())?.state;
    if (state === "running") this.#count("kills in a scan");
    this.#killed.abort();
    await this.#held?.close();
    this.#held = null;
  }

  /** A gap is scanned for without anybody asking, once it has been found. */
  async #askUnlessGap(waitMs: number): Promise<void> {
    await this.#clock.sleep(waitMs);
    const isAsked = (await this.#visitor?.scans.scanStatus()) !== null;
    this.#count(isAsked ? "scans for a gap" : "scans asked for");
    if (!isAsked) await this.#ask();
  }

  async #ask(): Promise<string> {
    return (await this.#visitor?.scans.requestScan({ cause: "backfill" }, this.#clock.nowMs)) ?? "";
  }

  async #completion(): Promise<void> {
    const untilMs = this.#clock.nowMs + calmMs;
    while (this.#clock.nowMs < untilMs) {
      if ((await this.#visitor?.scans.scanStatus())?.state === "complete") return;
      await this.#clock.sleep(500);
    }
    this.wrong.push(
      `The scan is ${(await this.#visitor?.scans.scanStatus())?.state} after ${calmMs / 1_000} s of calm.`,
    );
  }

  /** Late events are looked for now and then. */
  async #sweeps(): Promise<void> {
    this.#count("late events", this.#upstream.late.length);
    await this.#clock.sleep(sweepMs);
    await this.#completion();
  }

  /** Nothing changes any more, so that soon the mirror is what upstream has, and so is the app. */
  async #quiet(): Promise<void> {
    const untilMs = this.#clock.nowMs + calmMs;
    while (this.#clock.nowMs < untilMs && !(await this.#isAtRest())) await this.#clock.sleep(500);
    const wanted = this.#upstream.state.facts();
    this.#compare("In the end, the mirror", this.#mirror(), wanted);
    if (this.#hasApp) this.#compare("In the end, the app", this.#app.facts(), wanted);
    const status = await this.#visitor?.status();
    const { gaps = [], sinks = [] } = status ?? {};
    for (const { name, pending, deadLetters } of sinks) {
      if (pending + deadLetters > 0) this.wrong.push(`${name} has not got ${pending}, and given up ${deadLetters}.`);
    }
    if (gaps.length > 0) this.wrong.push("A gap is open after a complete scan.");
  }

  /** True when all of the log is read, and delivered. */
  async #isAtRest(): Promise<boolean> {
    const status = await this.#visitor?.status();
    const last = this.#upstream.log.filter(({ event }) => !this.#upstream.isLate(event.id)).at(-1);
    const isSure = this.#file?.doubted().length === 0;
    const isRead = this.#upstream.isLate(status?.cursor ?? "") || status?.cursor === last?.event.id;
    return isSure && isRead && (status?.sinks ?? []).every(({ pending }) => pending === 0);
  }

  async #strangers(): Promise<void> {
    if (this.wrong.length > 0) return;
    this.#isWatching = false;
    await passBy(this.#upstream, async (told) => {
      await this.#ask();
      await this.#completion();
      this.#compare(`After a scan for ${told}, the mirror`, this.#mirror(), this.#upstream.state.facts());
    });
    this.#count("strangers");
  }

  /** A scan of what is in order finds nothing to do. */
  async #again(): Promise<void> {
    if (this.wrong.length > 0) return;
    await this.#ask();
    await this.#completion();
    const status = await this.#visitor?.scans.scanStatus();
    const changes = Object.entries(status?.tallies ?? {}).filter(([, tally]) => {
      return tally.created + tally.updated + tally.deleted > 0;
    });
    if (changes.length > 0) this.wrong.push(`A second scan found ${JSON.stringify(Object.fromEntries(changes))}.`);
    this.#compare("After a second scan, the mirror", this.#mirror(), this.#upstream.state.facts());
    this.#count("places lost", this.#upstream.placesLost);
  }

  #check(after: string): void {
    if (after === "release") this.#onRelease();
    if (!this.#isWatching || this.wrong.length > 0 || this.#file === null) return;
    const { cursor, isComplete } = this.#file.position();
    if (!isComplete) return;
    this.#count("commits compared");
    // What the log has not said though it should have, nobody can know.
    const hidden = this.#upstream.late.filter(({ event }) => this.#file?.has(event.id) !== true);
    const unknown = new Set([...hidden.map(({ event }) => String(event.data["id"])), ...this.#file.doubted()]);
    const wanted = without(unknown, this.#upstream.stateAt(cursor).facts());
    this.#compare(`After ${after} at ${cursor}, the mirror`, without(unknown, this.#mirror()), wanted);
  }

  #mirror(): ReadonlyMap<string, string> {
    return this.#file?.mirror() ?? new Map<string, string>();
  }

  #compare(what: string, found: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): void {
    const differences = unlike(found, wanted);
    const when = `${this.#clock.nowMs - startMs} ms, skew ${this.#skewMs} ms`;
    if (differences.length > 0) this.wrong.push(`${what} is wrong (${when}): ${differences.slice(0, 3).join("; ")}`);
  }

  #count(what: string, times = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + times;
  }
}
