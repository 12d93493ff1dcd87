/**
 * A sink's conversation with a program that lives as long as it: events go in, answers come out, and as many events are
 * with the program as there are tries in flight.
 *
 * It is `none` until an event comes, then `starting`, `taking`, and at last `ending`, which begins when a try's time is
 * up, when it says what is no answer, when it stops answering or exits, and when the sink is closed. What it has not
 * answered by the end of its `ending` has failed with an unknown effect, and the next event starts it again: at once if
 * it had answered anything, else after a pause that doubles.
 *
 * What was with it when it ended is suspect. One suspect at a time goes to the next run, beside what is not suspect:
 * so the event that ends it uses up its own tries, and those that were only beside it do not.
 */
import { type DirectoryEvent, isDirsyncError, type Runtime } from "@dirsync/sdk";
import { cutOf } from "../dispatch/cut-off.ts";
import type { Attempt } from "../model.ts";
import type { CoProcess } from "./co-process.ts";
import type { LineForm } from "./lines.ts";
import type { Heard, Partner } from "./partner.ts";
import { Passage } from "../passage.ts";
import type { Answer } from "./pipe-answer.ts";
import { endOf, type Exit, graceMsOf, stopGraceMs } from "./process-group.ts";
import { notBegun, shown, unanswered } from "./program-failures.ts";
import { Suspects } from "./suspects.ts";
import { settle, type Try } from "./try.ts";

/** How long a program may take to end by itself once its input has ended. Everything it acknowledged is durable. */
const closeGraceMs = 2_000;

/** Between its output closing and its exit there is a moment even for a program that ends. */
const silentMs = 1_000;

const restartMsFirst = 100;
const restartMsMax = 10_000;

/** One run of the program. */
interface Run {
  readonly program: CoProcess;
  /** Aborted when it has ended. */
  readonly over: AbortController;
  state: "starting" | "taking" | "ending";
  hasAnswered: boolean;
  /** Why we ended it; null while it has only itself to blame. */
  reason: string | null;
  /** Between TERM and KILL; null before TERM. */
  graceMs: number | null;
  /** When it wrote its last line, in epoch milliseconds. */
  heardAtMs: number;
}

/** A program that says something all the time and has not for so long cannot hear, either. */
const deafMs = 3_000;

/** After sysexits.h, EX_CONFIG: no event is at fault, and starting it again changes nothing. */
const exitCodeToHalt = 78;

/** Drives the runs of one program. */
export class Conversation {
  readonly #partner: Partner;
  readonly #name: string;
  readonly #runtime: Runtime;
  readonly #waiting = new Set<Try>();
  /** What the program has and has not answered, by event id. */
  readonly #inFlight = new Passage<string, Try>();
  readonly #suspects = new Suspects();
  readonly #closing = new AbortController();
  #run: Run | null = null;
  #isPausing = false;
  /** Runs in a row that ended without an answer. */
  #fruitless = 0;

  constructor(partner: Partner, runtime: Runtime) {
    this.#partner = partner;
    this.#name = partner.name;
    this.#runtime = runtime;
  }

  deliver(event: DirectoryEvent, attempt: Attempt): Promise<void> {
    return new Promise((resolve, reject) => {
      const cut = cutOf(attempt);
      if (cut.reason !== undefined || this.#closing.signal.aborted) {
        return reject((cut.reason ?? this.#closing.signal.reason) as Error);
      }
      const trying: Try = { event, attempt, cut, onCut: () => this.#cut(trying), resolve, reject };
      cut.listen(trying.onCut);
      if (this.#waiting.size === 0 && this.#give(trying)) return;
      this.#waiting.add(trying);
      this.#feed();
    });
  }

  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) this.#closing.abort(notBegun(this.#name, "it is closed"));
    this.#refuseWaiting("it is closed");
    const run = this.#run;
    if (run === null) return;
    run.state = "ending";
    run.reason ??= "was closed";
    run.program.closeInput();
    const timer = setTimeout(() => run.program.end(stopGraceMs), closeGraceMs);
    await run.program.ended;
    clearTimeout(timer);
  }

  /** Gives the program what it may have. */
  #feed(): void {
    if (this.#waiting.size === 0) return;
    if (this.#run === null) void this.#start();
    if (this.#run?.state !== "taking") return;
    for (const trying of this.#waiting) {
      if (this.#give(trying)) this.#waiting.delete(trying);
    }
  }

  /** Returns false when the program may not have it now. */
  #give(trying: Try): boolean {
    const { event, attempt } = trying;
    const run = this.#run;
    // Two tries of one event at once could not be told apart by their answers.
    if (run?.state !== "taking" || this.#inFlight.has(event.id) || this.#suspects.isHeldBack(event.id)) return false;
    this.#inFlight.add(event.id, trying);
    this.#suspects.began(event.id);
    run.program.write(this.#partner.lineOf(event, attempt));
    return true;
  }

  async #start(): Promise<void> {
    if (this.#isPausing) return;
    this.#isPausing = true;
    await this.#pause();
    this.#isPausing = false;
    // Nobody may be waiting any more.
    if (this.#closing.signal.aborted || this.#waiting.size === 0) return;
    try {
      this.#run = this.#launch();
    } catch (cause) {
      this.#fruitless += 1;
      this.#neverBegan(cause);
    }
  }

  async #pause(): Promise<void> {
    if (this.#fruitless === 0) return;
    const ms = Math.min(restartMsFirst * 2 ** (this.#fruitless - 1), restartMsMax);
    await this.#runtime.sleep(ms, this.#closing.signal).catch(() => undefined);
  }

  #launch(): Run {
    const program = this.#partner.start({
      onLine: (line, form) => this.#hear(run, line, form),
      onErrorLine: (line) => this.#runtime.log.info({ sink: this.#name, pid: program.pid, line }, "the program says"),
      onSilent: () => void this.#awaitExit(run),
    });
    const run: Run = {
      program,
      over: new AbortController(),
      state: "starting",
      hasAnswered: false,
      reason: null,
      graceMs: null,
      heardAtMs: this.#runtime.now(),
    };
    program.started.then(
      () => {
        if (this.#partner.greets !== true) this.#take(run);
      },
      (cause: unknown) => this.#neverBegan(cause),
    );
    void program.ended.then((exit) => this.#ended(run, exit));
    return run;
  }

  #take(run: Run): void {
    if (run.state === "starting") run.state = "taking";
    this.#feed();
  }

  #neverBegan(cause: unknown): void {
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#refuseWaiting(`its program ${this.#partner.program} could not be started: ${reason}`);
  }

  /** Takes a line of what it answers. */
  #hear(run: Run, line: string, form: LineForm): void {
    // What has no newline is no answer; its end tells about it.
    if (form === "begun" || line.trim() === "") return;
    run.heardAtMs = this.#runtime.now();
    const heard: Heard =
      form === "whole" ? this.#partner.read(line) : { kind: "fault", what: "is too long for an answer" };
    switch (heard.kind) {
      case "answer":
        return this.#settle(run, heard.answer);
      case "ready":
        return this.#take(run);
      case "unable":
        return this.#refuseWaiting(heard.why);
      case "request":
        return void this.#reply(run, heard);
      case "aside":
        return;
      case "fault":
        return this.#end(run, `wrote a line of ${line.length} characters that ${heard.what}`);
      default:
        return heard satisfies never;
    }
  }

  async #reply(run: Run, { of, reply }: Extract<Heard, { kind: "request" }>): Promise<void> {
    run.program.write(await reply(this.#inFlight.get(of)?.attempt ?? null));
  }

  #settle(run: Run, { id, failure }: Answer): void {
    const trying = this.#inFlight.take(id);
    if (trying === undefined) {
      return this.#end(run, `answered for ${shown(id)}, which is not with it: never sent, or answered before`);
    }
    run.hasAnswered = true;
    this.#suspects.acquit(id);
    const { reason } = trying.cut;
    // Why a try was cut off is what matters, and not what the program says about that.
    const isCut = failure?.verdict === "retry" && isDirsyncError(reason);
    settle(trying, isCut ? reason : failure);
    this.#feed();
  }

  async #awaitExit(run: Run): Promise<void> {
    try {
      await this.#runtime.sleep(silentMs, run.over.signal);
    } catch {
      return;
    }
    this.#end(run, "closed its standard output, so that it cannot answer any more");
  }

  /** Ends a try whose time is up. There is only one way to be sure that nothing works on its event any more. */
  #cut(trying: Try): void {
    if (this.#waiting.delete(trying)) {
      settle(trying, notBegun(this.#name, "its time was up before the program could take it"));
      return;
    }
    if (this.#run !== null) this.#interrupt(this.#run, trying);
  }

  #interrupt(run: Run, trying: Try): void {
    const { id } = trying.event;
    const { cut } = trying;
    const { cutLineOf, killGraceMs } = this.#partner;
    const graceMs = graceMsOf(cut, killGraceMs);
    if (cutLineOf === undefined) {
      // What most programs get wrong at first: the answer is in a buffer.
      const hint = run.hasAnswered ? "" : " (nor for any other so far: does it flush each line?)";
      return this.#end(run, `did not answer for ${shown(id)} in time${hint}`, graceMs);
    }
    const silentForMs = this.#runtime.now() - run.heardAtMs;
    if (silentForMs > deafMs) {
      const what = `has been blocked for ${Math.round(silentForMs / 1_000)} s while it had ${shown(id)}`;
      return this.#end(run, what, 0);
    }
    run.program.write(cutLineOf(id, cut.reason));
    const onOver = (): void => {
      if (this.#inFlight.get(id) === trying) this.#end(run, `went on with ${shown(id)} although it was told to stop`);
    };
    this.#runtime.sleep(graceMs, run.over.signal).then(onOver, () => undefined);
  }

  #end(run: Run, reason: string, graceMs = stopGraceMs): void {
    run.state = "ending";
    run.reason ??= reason;
    // More than one TERM may mean something else to it than one.
    if (run.graceMs !== null && run.graceMs <= graceMs) return;
    run.graceMs = graceMs;
    run.program.end(graceMs);
  }

  #ended(run: Run, exit: Exit): void {
    run.over.abort();
    this.#run = null;
    this.#fruitless = run.hasAnswered ? 0 : this.#fruitless + 1;
    const left = this.#inFlight.takeAll();
    this.#suspects.accuse(left.map(({ event }) => event.id));
    const how = run.reason === null ? endOf(exit) : `${run.reason}; it ${endOf(exit)}`;
    if (!this.#closing.signal.aborted && run.program.pid !== undefined) {
      this.#runtime.log.warn({ sink: this.#name, unanswered: left.length, reason: how }, "the program has ended");
    }
    const wantsHalt = exit.code === exitCodeToHalt && run.reason === null;
    for (const trying of left)
      settle(trying, unanswered({ name: this.#name, how, wantsHalt, reason: trying.cut.reason }));
    this.#feed();
  }

  #refuseWaiting(why: string): void {
    for (const trying of this.#waiting) settle(trying, notBegun(this.#name, why));
    this.#waiting.clear();
  }
}
