import type { Logger } from "@dirsync/sdk";
import type { Streams } from "../context.ts";
import { grouped } from "./amount.ts";
import { durationOf } from "./duration.ts";
import { printable } from "./printable.ts";

/** How far a long piece of work has come. */
export interface Advance {
  /** What is being done, in a word or two; another one starts the count of the rate anew. */
  readonly doing: string;
  /** How many of its units are done. */
  readonly done: number;
  /** How many there will be; null while nobody knows. */
  readonly total: number | null;
  /** What a unit is called, for example `requests`. */
  readonly unit: string;
  /** What else people want to see, such as `12,000 users`. */
  readonly detail?: string;
}

/** Where progress is shown, and by which clock. */
export interface ProgressOptions {
  readonly stderr: Streams["stderr"];
  /** Takes the lines where no person watches. */
  readonly log: Logger;
  /** Milliseconds, since any time. */
  readonly now: () => number;
  /** True to write lines even on a terminal. */
  readonly json: boolean;
}

/** Nothing is shown of what takes no longer than this. */
const quietMs = 2_000;
/** How often the bar moves, and how often a line is written. */
const barMs = 100;
const lineMs = 10_000;
/** The rate is that of the last while: what was true an hour ago says little about what is left. */
const rateWindowMs = 30_000;
const rateSamplesMax = 64;
const barCharacters = 20;
const columnsStandard = 80;

/**
 * Says on standard error how far a long piece of work has come, once it takes longer than a moment: as one line that
 * changes where a person watches, else as a JSON line every ten seconds, as every other diagnostic is.
 */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #isForPeople: boolean;
  readonly #startedAtMs: number;
  #samples: { readonly atMs: number; readonly done: number }[] = [];
  #doing: string | null = null;
  #saidAtMs: number;
  #isShown = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#isForPeople = !options.json && options.stderr.isTTY === true;
    this.#startedAtMs = options.now();
    this.#saidAtMs = this.#startedAtMs;
  }

  /** Takes news. May be called for every unit: it seldom writes. */
  show(advance: Advance): void {
    const nowMs = this.#options.now();
    this.#sample(advance, nowMs);
    if (nowMs - this.#startedAtMs < quietMs) return;
    if (this.#isForPeople) {
      if (this.#isShown && nowMs - this.#saidAtMs < barMs) return;
      this.#bar(advance);
    } else {
      if (nowMs - this.#saidAtMs < lineMs) return;
      this.#line(advance);
    }
    this.#saidAtMs = nowMs;
  }

  /** Takes the bar away, so that something else may be written. The next news bring it back. */
  clear(): void {
    if (this.#isShown) this.#options.stderr.write("\r\u001B[2K");
    this.#isShown = false;
  }

  /** A log whose lines do not end up in the middle of the bar. */
  beside(log: Logger): Logger {
    const beside = (level: keyof Logger) => (fields: object, message: string) => {
      this.clear();
      log[level](fields, message);
    };
    return { debug: beside("debug"), info: beside("info"), warn: beside("warn"), error: beside("error") };
  }

  #sample({ doing, done }: Advance, nowMs: number): void {
    if (doing !== this.#doing) this.#samples = [];
    this.#doing = doing;
    const last = this.#samples.at(-1);
    // The first one stays the first: a rate needs a span, and samples closer than this add none.
    if (last !== undefined && nowMs - last.atMs < rateWindowMs / rateSamplesMax) return;
    this.#samples.push({ atMs: nowMs, done });
    while ((this.#samples[1]?.atMs ?? nowMs) < nowMs - rateWindowMs) this.#samples.shift();
  }

  /** Units a second, and the seconds left; null where nothing is known. */
  #pace({ done, total }: Advance): { readonly perSecond: number | null; readonly leftSeconds: number | null } {
    const [first] = this.#samples;
    const spanMs = first === undefined ? 0 : this.#options.now() - first.atMs;
    if (first === undefined || spanMs < 1_000) return { perSecond: null, leftSeconds: null };
    const perSecond = ((done - first.done) * 1_000) / spanMs;
    const isKnown = total !== null && perSecond > 0;
    return { perSecond, leftSeconds: isKnown ? Math.max(0, total - done) / perSecond : null };
  }

  #bar(advance: Advance): void {
    const { stderr } = this.#options;
    const text = printable(this.#sentence(advance));
    // A line that wraps could not be taken away again.
    const { columns = 0 } = stderr;
    const width = (columns > 0 ? columns : columnsStandard) - 1;
    stderr.write(`\r\u001B[2K${text.length > width ? `${text.slice(0, Math.max(0, width - 1))}…` : text}`);
    this.#isShown = true;
  }

  #sentence(advance: Advance): string {
    const { doing, done, total, unit, detail } = advance;
    const { perSecond, leftSeconds } = this.#pace(advance);
    const share = total === null || total === 0 ? null : Math.min(1, done / total);
    const count = total === null ? `${grouped(done)} ${unit}` : `${grouped(done)} of ${grouped(total)} ${unit}`;
    return [
      doing,
      ...(share === null ? [] : [`${barOf(share)} ${Math.floor(share * 100)} %`]),
      count,
      ...(perSecond === null ? [] : [`${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`]),
      ...(leftSeconds === null ? [] : [`${durationOf(leftSeconds)} left`]),
      ...(detail === undefined ? [] : [detail]),
    ].join("  ");
  }

  #line(advance: Advance): void {
    const { doing, done, total, unit, detail } = advance;
    const { perSecond, leftSeconds } = this.#pace(advance);
    const fields = {
      doing,
      done,
      total,
      unit,
      per_second: perSecond === null ? null : Number(perSecond.toFixed(1)),
      seconds_left: leftSeconds === null ? null : Math.ceil(leftSeconds),
      ...(detail === undefined ? {} : { detail }),
    };
    this.#options.log.info(fields, "progress");
  }
}

function barOf(share: number): string {
  const full = Math.floor(share * barCharacters);
  return "█".repeat(full) + "░".repeat(barCharacters - full);
}
