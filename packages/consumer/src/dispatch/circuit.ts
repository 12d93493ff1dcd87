/**
 * Tells a sink that is down from an event that is poison.
 *
 * Closed: everything is tried and every failure is charged. It opens once nothing has succeeded for a while although
 * several tries of different events were made: an outage then is likelier than as many bad events. Open: failures
 * are not charged, and one entry at a time is tried, each time of another lane where there is one, so that a lane
 * whose head is poison does not hide that the sink is up again. The first success closes it.
 *
 * Failures of a single event never open it, because a poison event must become a dead letter so that what comes after
 * it is delivered. For the same reason it does not stay open for ever: several bad events in a row look like an
 * outage too. Only a program that cannot even be started keeps it open for as long as that lasts.
 */
import type { Failure } from "../model.ts";

/** Code of a try whose program could not be started: no event is at fault for that. */
export const notStartedCode = "command_not_started";

/** Fewer failures than this are an accident. */
const failuresMin = 5;
const eventsMin = 2;

/** Shorter than the time in which a budget of tries is used up, longer than a restart of the app's database. */
const silenceMs = 10_000;

/** Cheap for a sink that is down, and little to wait for when it is up again. */
const probeEveryMs = 5_000;

/** Longer than most outages; after it, a leaver behind bad events is worth more than an unspent budget. */
const openMsMax = 2 * 60 * 60 * 1_000;

/** The state of one sink, from what its tries came to. */
export class Circuit {
  /** Positions of events that failed since the last success. */
  readonly #events = new Set<number>();
  #failures = 0;
  /** First failure since the last success. */
  #failingSinceMs = 0;
  /** Kept after the circuit gave up, until a success: it must not open again over the same failures. */
  #openedAtMs: number | null = null;
  #probedAtMs = 0;
  /** True when the program could not be started the last time. */
  #isAbsent = false;

  succeeded(): void {
    // Nearly every success follows another, and clearing an empty set makes another table for it.
    if (this.#events.size > 0) this.#events.clear();
    this.#failures = 0;
    this.#openedAtMs = null;
    this.#isAbsent = false;
  }

  failed(seq: number, { code }: Pick<Failure, "code">, nowMs: number): void {
    this.#isAbsent = code === notStartedCode;
    if (this.#isAbsent) return;
    if (this.#failures === 0) this.#failingSinceMs = nowMs;
    this.#failures += 1;
    // No more need to be known than it takes to decide.
    if (this.#events.size < eventsMin) this.#events.add(seq);
    const isSilent = nowMs - this.#failingSinceMs >= silenceMs;
    if (this.#openedAtMs !== null || !isSilent) return;
    if (this.#failures >= failuresMin && this.#events.size >= eventsMin) this.#openedAtMs = nowMs;
  }

  isOpen(nowMs: number): boolean {
    if (this.#isAbsent) return true;
    return this.#openedAtMs !== null && nowMs - this.#openedAtMs < openMsMax;
  }

  /** How many more tries may begin now. */
  allowance(inFlight: number, concurrency: number, nowMs: number): number {
    if (!this.isOpen(nowMs)) return Math.max(0, concurrency - inFlight);
    return inFlight === 0 && nowMs >= this.nextProbeAtMs(nowMs) ? 1 : 0;
  }

  /** When a try may begin again, in epoch milliseconds. */
  nextProbeAtMs(nowMs: number): number {
    return this.isOpen(nowMs) ? this.#probedAtMs + probeEveryMs : nowMs;
  }

  /** Notes that a try begins. */
  began(nowMs: number): void {
    this.#probedAtMs = nowMs;
  }
}
