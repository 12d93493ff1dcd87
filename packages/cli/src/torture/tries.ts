/** One order to deliver, seen through to whatever end it takes. */
import { laneBy } from "@dirsync/consumer";
import { systemRuntime } from "@dirsync/sdk";
import type { Conditions } from "./laboratory.ts";
import type { LogEntry, Trace, Trouble } from "./model.ts";
import type { Injection, Refusal, Report, Try } from "./protocol.ts";
import { describeEnding, type Ending, type Subject } from "./subject.ts";

/** How one try ended. */
export type Outcome =
  | { readonly kind: "resolved" }
  | ({ readonly kind: "rejected" } & Refusal)
  /** Killed, as planned. */
  | { readonly kind: "killed" }
  /** The process is no more, or has to be given up. */
  | { readonly kind: "gone" };

/** What came of an order. */
export interface Result {
  readonly outcomes: readonly Outcome[];
  readonly traces: ReadonlyMap<number, Trace>;
  readonly troubles: readonly Trouble[];
  /** True when the process cannot be used any more. */
  readonly isGone: boolean;
}

/** One try to be made. */
export interface Request {
  readonly entry: LogEntry;
  readonly number: number;
  readonly injection: Injection | null;
}

/** What is needed besides the requests. */
export interface Place {
  readonly subject: Subject;
  readonly epoch: number;
  readonly conditions: Conditions;
  readonly settleMs: number;
}

/** Makes tries that begin together, and resolves when all have ended or the process has. */
export async function makeTries(requests: readonly Request[], place: Place): Promise<Result> {
  const { subject, conditions, settleMs } = place;
  const log = new Reports(requests);
  const over = new AbortController();
  const wait = (ms: number): Promise<"overdue"> =>
    systemRuntime.sleep(ms, AbortSignal.any([over.signal, conditions.signal])).then(() => "overdue" as const);
  try {
    subject.listen((report) => log.take(report));
    subject.tell({ order: "deliver", settleMs, tries: requests.map((request, id) => orderOf(request, id, place)) });
    const cut = log.cut.then(() => wait(conditions.graceMs)).then(() => "ignored" as const);
    const end = await Promise.race([log.settled, subject.ended, wait(conditions.timeoutMs + settleMs), cut]);
    if (end === "settled") return log.result({ isGone: false });
    if (end === "ignored") return log.giveUp("ignores_abort", ignored(conditions));
    if (end !== "overdue") return log.end(end, subject.words);
    for (const id of requests.keys()) subject.tell({ order: "abort", id });
    const last = await Promise.race([log.settled, subject.ended, wait(conditions.graceMs)]);
    return log.giveUp("hangs", overdue(conditions, last === "overdue"));
  } finally {
    over.abort();
  }
}

function orderOf({ entry, number, injection }: Request, id: number, { epoch, conditions }: Place): Try {
  const { seq, event } = entry;
  const lane = laneBy[conditions.lane](event).exclusive[0] ?? `event:${event.id}`;
  return { id, event, seq, epoch, number, lane, replay: false, injection };
}

function ignored({ graceMs }: Conditions): string {
  return `was still at work ${graceMs / 1_000} s after its signal had been aborted`;
}

function overdue({ timeoutMs, graceMs }: Conditions, isDeaf: boolean): string {
  const end = isDeaf ? `, not even ${graceMs / 1_000} s after its signal had been aborted` : " until it was cut off";
  return `had not ended after ${timeoutMs / 1_000} s${end}`;
}

/** What the process reports about one order. */
class Reports {
  readonly settled: Promise<"settled">;
  readonly cut: Promise<void>;
  readonly #requests: readonly Request[];
  readonly #outcomes = new Map<number, Outcome>();
  readonly #traces = new Map<number, Trace>();
  readonly #troubles: Trouble[] = [];
  #isKilling = false;
  #onSettled: () => void = () => undefined;
  #onCut: () => void = () => undefined;

  constructor(requests: readonly Request[]) {
    this.#requests = requests;
    this.settled = new Promise((resolve) => (this.#onSettled = () => resolve("settled")));
    this.cut = new Promise((resolve) => (this.#onCut = resolve));
  }

  take(report: Report): void {
    if (report.report === "settled") this.#onSettled();
    else if (report.report === "cut") this.#onCut();
    else if (report.report === "killing") {
      this.#isKilling = true;
      this.#outcomes.set(report.id, { kind: "killed" });
    } else if (report.report === "stray") this.#add(report.kind, report.id, report.message);
    else if (report.report === "ended") {
      const { id, error, effects, awaits } = report;
      this.#outcomes.set(id, error === null ? { kind: "resolved" } : { kind: "rejected", ...error });
      this.#traces.set(this.#seqOf(id), { effects, awaits });
    }
  }

  result({ isGone }: { readonly isGone: boolean }): Result {
    const outcomes = this.#requests.map((_request, id) => this.#outcomes.get(id) ?? ({ kind: "gone" } as const));
    return { outcomes, traces: this.#traces, troubles: this.#troubles, isGone };
  }

  /** The process has ended, by our will or its own. */
  end(ending: Ending, words: string): Result {
    if (!this.#isKilling) {
      const said = words === "" ? "" : `: ${words.slice(-200)}`;
      this.#addToOpen("exits", `ended the process with ${describeEnding(ending)}${said}`);
    }
    return this.result({ isGone: true });
  }

  /** The process lives, and is of no use any more. */
  giveUp(kind: "hangs" | "ignores_abort", message: string): Result {
    this.#addToOpen(kind, message);
    return this.result({ isGone: true });
  }

  #addToOpen(kind: Trouble["kind"], message: string): void {
    const open = [...this.#requests.keys()].find((id) => !this.#outcomes.has(id)) ?? 0;
    this.#add(kind, open, message);
  }

  #add(kind: Trouble["kind"], id: number, message: string): void {
    this.#troubles.push({ kind, at: this.#seqOf(id), message });
  }

  #seqOf(id: number): number {
    return this.#requests[id]?.entry.seq ?? 0;
  }
}
