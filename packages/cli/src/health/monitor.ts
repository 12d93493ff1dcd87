/** Watches a tail, and answers how it is. */
import type { Fact, Journal } from "@dirsync/consumer";
import type { RequestHooks, Runtime } from "@dirsync/sdk";
import { tellGap } from "../actions/gaps.ts";
import { tellUnknownTypes } from "../actions/unknown-types.ts";
import type { Secrets } from "../secrets.ts";
import { type StatePlace, tellDisplacement } from "../state-place.ts";
import { version } from "../version.ts";
import { Metrics, outcomeOf } from "./metrics.ts";
import type { HealthAnswers, Readiness } from "./server.ts";

/** What is watched. */
export interface Watched {
  readonly journal: Journal;
  readonly runtime: Runtime;
  readonly secrets: Secrets;
  /** Where the journal's file was when it was opened. */
  readonly place: Pick<StatePlace, "look">;
  /** The newest configuration, where it was not taken, in words; null otherwise. */
  readonly refused: () => string | null;
  /** Of the configuration that is at work. */
  readonly settings: () => WatchedSettings;
}

/** Settings that decide what is in order. */
export interface WatchedSettings {
  readonly pollMs: number;
  readonly retentionMs: number;
  /** Names of insecure settings that are on. */
  readonly insecure: readonly string[];
}

/** Without an answer of the service for this long, and ten looks, something is wrong. */
const silenceMsMin = 60_000;
const silencePolls = 10;

/** How long a type that nobody knows is warned of once it comes no more: it may have been named in the settings, or be gone. */
const unknownWarnedMs = 7 * 24 * 60 * 60 * 1_000;

/** When only this share is left of the time that the service keeps events, it is time to look. */
const expiryShare = 0.5;

/** What is told to whoever watches a tail. */
export interface Watcher {
  /** For the client. */
  readonly hooks: readonly RequestHooks[];
  /** A turn with these sinks begins. */
  begin(sinks: readonly string[]): void;
  readonly onFact: (fact: Fact) => void;
}

/** One for each process: what it counts outlives a change of the configuration. */
export class Monitor implements HealthAnswers, Watcher {
  readonly #watched: Watched;
  readonly #metrics = new Metrics();
  /** When the service last answered well. */
  #answeredAtMs: number | null = null;
  #lastOutcome = "none yet";
  /** Sinks that take nothing more until a restart. */
  readonly #halted = new Set<string>();
  /** Sinks that fail for every event. */
  readonly #failing = new Set<string>();
  /** Who waits for the state file to take writes. */
  readonly #held = new Set<string>();
  /** For the client of whatever configuration is at work. */
  readonly hooks: readonly RequestHooks[] = [
    this.#metrics.hooks,
    {
      onResponse: (_attempt, facts) => {
        this.#lastOutcome = outcomeOf(facts);
        if (this.#lastOutcome === "ok") this.#answeredAtMs = this.#watched.runtime.now();
      },
    },
  ];

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  readonly onFact = (fact: Fact): void => {
    this.#metrics.deliveries.take(fact);
    if (fact.kind === "halted") this.#halted.add(fact.sink);
    if (fact.kind === "circuit") keep(this.#failing, fact.sink, fact.isOpen);
    if (fact.kind === "storage") keep(this.#held, fact.who, fact.isRefused);
  };

  begin(sinks: readonly string[]): void {
    this.#halted.clear();
    this.#failing.clear();
    this.#held.clear();
    this.#metrics.deliveries.begin(sinks);
  }

  redact(text: string): string {
    return this.#watched.secrets.redactAll(text);
  }

  async metrics(): Promise<string> {
    const { journal, runtime, settings, refused, place } = this.#watched;
    const { retentionMs } = settings();
    const [status, scan] = [await journal.status(), await journal.scans.scanStatus()];
    const isHeld = this.#held.size > 0;
    const facts = { isRefused: refused() !== null, isDisplaced: place.look() !== null, isHeld };
    return this.#metrics.text({ status, scan, nowMs: runtime.now(), retentionMs, ...facts });
  }

  async ready(): Promise<Readiness> {
    const { journal, runtime, settings } = this.#watched;
    const { retentionMs, insecure } = settings();
    const { source, headSeq, caughtUpAtMs, sinks, gaps, sourceDeadLetters, unknownTypes } = await journal.status();
    const scan = await journal.scans.scanStatus();
    const displacement = this.#watched.place.look();
    const problems = [
      ...(displacement === null ? [] : [tellDisplacement(displacement)]),
      ...(this.#held.size === 0 ? [] : ["the state file refuses writes, and everything waits for it; see the log"]),
      ...this.#problems(),
    ];
    const unknown = tellUnknownTypes(unknownTypes.filter(({ lastAtMs }) => runtime.now() - lastAtMs < unknownWarnedMs));
    const refused = this.#watched.refused();
    const dead = sinks.reduce((sum, { deadLetters }) => sum + deadLetters, 0);
    const unreadForMs = caughtUpAtMs === null ? 0 : runtime.now() - caughtUpAtMs;
    const warnings = [
      ...(refused === null ? [] : [refused]),
      ...[...this.#halted].map(
        (sink) => `sink ${sink} has halted and takes no more events until a restart; see the log`,
      ),
      ...[...this.#failing].map((sink) => `sink ${sink} fails for every event and is only probed; see the log`),
      ...gaps.map((gap) => tellGap(gap)),
      ...(scan?.state === "braked" ? ["a scan found so many deletions that they wait; see: dirsync approve"] : []),
      ...(sourceDeadLetters > 0
        ? [`the service lists ${sourceDeadLetters} that are no events; see: dirsync dead-letters list`]
        : []),
      ...(unknown === null ? [] : [unknown]),
      ...(dead > 0 ? [`${dead} dead letters await a decision; see: dirsync dead-letters list`] : []),
      ...(unreadForMs > retentionMs * expiryShare ? ["unread events expire soon at the service"] : []),
      ...insecure.map((name) => `${name} is on`),
    ];
    const details = {
      problems,
      warnings,
      version,
      source,
      head_seq: headSeq,
      caught_up_at: caughtUpAtMs === null ? null : new Date(caughtUpAtMs).toISOString(),
      sinks: sinks.map(({ name, pending, deadLetters }) => ({ name, pending, dead_letters: deadLetters })),
    };
    return { isReady: problems.length === 0, details };
  }

  #problems(): readonly string[] {
    const { runtime, settings } = this.#watched;
    if (this.#lastOutcome === "refused") return ["the service refuses the API key"];
    if (this.#lastOutcome === "untrusted") {
      return ["configuration: no safe connection to the service; its certificate is not trusted, see the log"];
    }
    if (this.#answeredAtMs === null)
      return [`the service has not answered yet; the last request: ${this.#lastOutcome}`];
    const silentMs = runtime.now() - this.#answeredAtMs;
    if (silentMs <= Math.max(silenceMsMin, settings().pollMs * silencePolls)) return [];
    return [
      `the service has not answered for ${Math.round(silentMs / 1_000)} s; the last request: ${this.#lastOutcome}`,
    ];
  }
}

function keep(names: Set<string>, name: string, isIn: boolean): void {
  if (isIn) names.add(name);
  else names.delete(name);
}
