import type { Streams } from "../context.ts";
import type { Progress } from "./suite.ts";
import { amount } from "../ui/amount.ts";

/** On a terminal one line that changes; otherwise a line now and then. */
const quietMs = 2_000;
const lineMs = 10_000;

/** Says on standard error where it stands, once it takes longer than a moment. */
export class ProgressLine {
  readonly #stderr: Streams["stderr"];
  readonly #now: () => number;
  readonly #startedAtMs: number;
  readonly #runs: number;
  #saidAtMs: number;
  #isShown = false;

  constructor(stderr: Streams["stderr"], { now, runs }: { readonly now: () => number; readonly runs: number }) {
    this.#stderr = stderr;
    this.#now = now;
    this.#runs = runs;
    this.#startedAtMs = now();
    this.#saidAtMs = this.#startedAtMs;
  }

  /** Takes news. */
  show({ run, title, findings }: Progress): void {
    const nowMs = this.#now();
    if (nowMs - this.#startedAtMs < quietMs) return;
    const found = amount(findings, "finding");
    const text = `run ${run} of ${this.#runs}, ${found} so far: ${title}`;
    if (this.#stderr.isTTY === true) {
      this.#stderr.write(`\r\u001B[2K${text}`);
      this.#isShown = true;
    } else if (nowMs - this.#saidAtMs >= lineMs) {
      this.#stderr.write(`${text}\n`);
      this.#saidAtMs = nowMs;
    }
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown) this.#stderr.write("\r\u001B[2K");
    this.#isShown = false;
  }
}
