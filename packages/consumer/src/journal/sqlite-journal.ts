import { createHash } from "node:crypto";
import { type DirectoryEvent, StateError } from "@dirsync/sdk";
import type { DeadLetter, SourceDeadLetter, StartPosition, WorkItem } from "../model.ts";
import type { SinkStatus, StreamStatus } from "../status.ts";
import { Applications } from "./applications.ts";
import { DeadLetters } from "./dead-letters.ts";
import { Deliveries } from "./deliveries.ts";
import { Effects } from "./effects.ts";
import { FreshEvents } from "./fresh-events.ts";
import { Memory } from "./memory.ts";
import type {
  Append,
  Appended,
  Application,
  Applied,
  Effect,
  Journal,
  KeptEntry,
  KeptPage,
  Move,
  Purged,
  SinkPosition,
  Step,
  StreamMemory,
  StreamPosition,
  Subject,
} from "./model.ts";
import { Positions } from "./positions.ts";
import { Redrives } from "./redrives.ts";
import type {
  DeadLetterChoice,
  DeadLetterKey,
  DeadLetterPage,
  PurgeOptions,
  RedriveOptions,
  Replayed,
  ReplayOptions,
  ReplaySelection,
} from "./requests.ts";
import { SourceDeadLetters } from "./source-dead-letters.ts";
import { Purges } from "./purges.ts";
import { Sweep } from "../mirror/sweep.ts";
import { SqliteScans } from "../scan/sqlite-scans.ts";
import { Replays } from "./replays.ts";
import type { SqliteDatabase } from "./sqlite.ts";
import { Transactions } from "./transactions.ts";
import { Withdrawals } from "./withdrawals.ts";

interface JournalParts {
  readonly database: SqliteDatabase;
  readonly path: string;
  readonly epoch: number;
  /** False for a visitor, who may only redrive and discard. */
  readonly isHolder: boolean;
  /** Gives back whatever keeps other holders out. */
  readonly release: () => void;
}

/** How much longer than events. A side effect may be guarded against by what it is about, and not only by its event. */
const effectsKeptMs = 365 * 24 * 60 * 60 * 1_000;

/** The journal in one SQLite file: the transactions around its parts. Made by `openJournal`. */
export class SqliteJournal implements Journal {
  readonly epoch: number;
  readonly instanceId: string;
  readonly scans: SqliteScans;
  readonly #database: SqliteDatabase;
  readonly #path: string;
  readonly #release: () => void;
  readonly #positions: Positions;
  readonly #memory: Memory;
  readonly #sourceDeadLetters: SourceDeadLetters;
  readonly #deliveries: Deliveries;
  readonly #deadLetters: DeadLetters;
  readonly #applications: Applications;
  readonly #purges: Purges;
  readonly #replays: Replays;
  readonly #redrives: Redrives;
  readonly #withdrawals: Withdrawals;
  readonly #effects: Effects;
  readonly #sweep: Sweep;
  readonly #fresh = new FreshEvents();
  readonly #transactions: Transactions;

  constructor({ database, path, epoch, isHolder, release }: JournalParts) {
    this.epoch = epoch;
    this.#database = database;
    this.#path = path;
    this.#release = release;
    this.#positions = new Positions(database, path);
    this.#memory = new Memory(database);
    this.#sourceDeadLetters = new SourceDeadLetters(database);
    this.#deliveries = new Deliveries(database, this.#fresh);
    this.#deadLetters = new DeadLetters(database);
    this.#applications = new Applications(database, path);
    this.#purges = new Purges(database);
    this.#replays = new Replays(database);
    this.#redrives = new Redrives(database, { letters: this.#deadLetters, replays: this.#replays });
    this.#withdrawals = new Withdrawals(database);
    this.#effects = new Effects(database);
    this.#sweep = new Sweep(database);
    // A holder that was paused and replaced must not write over its successor's work.
    const mayWrite = (): boolean => isHolder && this.#positions.stream().epoch === epoch;
    this.#transactions = new Transactions({ database, path, mayWrite });
    this.scans = new SqliteScans(database, this.#positions, this.#transactions);
    const instanceId = String(database.prepare("SELECT instance_id FROM stream").pluck().get());
    // With the place it lies at: a copy of a state file must not end the hooks of the original's holder.
    this.instanceId = `${instanceId}.${createHash("sha256").update(path).digest("hex").slice(0, 8)}`;
  }

  bind(source: string, start: StartPosition, formerSource?: string): Promise<StreamPosition> {
    return this.#transactions.write(() => this.#positions.bind(source, start, formerSource));
  }

  async append(page: Append): Promise<Appended> {
    const { added, ...appended } = await this.#transactions.write(() => {
      const positioned = this.#positions.append(page);
      const { refused = [], expectedCursor: after, receivedAtMs: atMs } = page;
      const refusedCount = this.#sourceDeadLetters.keep({ refused, after, atMs });
      this.#sourceDeadLetters.dropMended();
      if (page.events.length > 0) this.#memory.noteResumed(atMs);
      return { ...positioned, refusedCount };
    });
    // That an event is late stands in the file only.
    const isPlain = page.isParsed === true && appended.lateCount === 0;
    this.#fresh.keep(isPlain ? added : [], appended.headSeq);
    return appended;
  }

  isOutOfPlace(event: DirectoryEvent): Promise<boolean> {
    return this.#transactions.read(() => this.#memory.isOutOfPlace(event));
  }

  mayHaveForgotten(event: DirectoryEvent): Promise<boolean> {
    return this.#transactions.read(() => this.#memory.mayHaveForgotten(event));
  }

  placesOf(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#transactions.read(() => this.#memory.placesOf(ids));
  }

  recall(): Promise<StreamMemory> {
    return this.#transactions.read(() => this.#memory.recall());
  }

  bytesOf(afterSeq: number, upToSeq: number): Promise<number> {
    return this.#transactions.read(() => this.#positions.bytesOf(afterSeq, upToSeq));
  }

  move(move: Move): Promise<StreamPosition> {
    return this.#transactions.write(() => {
      const { cursor, head_seq: headSeq } = this.#positions.expect(move.expectedCursor);
      this.#memory.move(move, cursor);
      if (move.gap !== null) this.scans.restart();
      return { cursor: move.cursor, start: move.start, headSeq };
    });
  }

  markCaughtUp(atMs: number, verifiedThroughAtMs: number | null = null): Promise<void> {
    return this.#transactions.write(() => this.#positions.markCaughtUp(atMs, verifiedThroughAtMs));
  }

  noteHolder(text: string | null, atMs: number): Promise<void> {
    return this.#transactions.write(() => this.#positions.noteHolder(text, atMs));
  }

  sourceDeadLetters(): Promise<readonly SourceDeadLetter[]> {
    return this.#transactions.read(() => this.#sourceDeadLetters.list());
  }

  discardSourceDeadLetter(hash: string, atMs: number): Promise<void> {
    return this.#transactions.change(() => this.#sourceDeadLetters.discard(hash, atMs));
  }

  addSink(name: string, waitUntilMs = Number.MAX_SAFE_INTEGER): Promise<SinkPosition> {
    return this.#transactions.write(() => this.#deliveries.addSink(name, waitUntilMs));
  }

  removeSink(name: string): Promise<SinkStatus> {
    return this.#transactions.write(() => this.#deliveries.removeSink(name));
  }

  read(sink: string, afterSeq: number, limit: number): Promise<readonly WorkItem[]> {
    return this.#transactions.read(() => this.#deliveries.read(sink, afterSeq, limit));
  }

  requests(sink: string): Promise<number> {
    return this.#transactions.read(() => this.#deliveries.requests(sink));
  }

  withdrawOvertaken(sink: string, signal?: AbortSignal): Promise<number> {
    return this.#withdrawals.withdraw(sink, this.#transactions, signal);
  }

  kept(sink: string, page: KeptPage): Promise<readonly KeptEntry[]> {
    return this.#transactions.read(() => this.#deliveries.kept(sink, page));
  }

  apply(sink: string, applications: readonly Application[]): Promise<Applied> {
    return this.#transactions.write(() => this.#applications.run(sink, applications));
  }

  step(sink: string, step: Step): Promise<void> {
    return this.#transactions.write(() => this.#deliveries.step(sink, step));
  }

  status(): Promise<StreamStatus> {
    return this.#transactions.read(() => {
      const stream = this.#positions.stream();
      return {
        source: stream.source,
        cursor: stream.cursor,
        headSeq: stream.head_seq,
        epoch: stream.epoch,
        holder: stream.holder,
        holderNote: noteOf(stream.holder_note),
        caughtUpAtMs: stream.caught_up_at,
        ...this.#memory.status(),
        sourceDeadLetters: this.#sourceDeadLetters.count(),
        unknownTypes: this.#positions.unknownTypes(),
        sinks: this.#deliveries.sinks(),
      };
    });
  }

  deadLetters(sink?: string, page: DeadLetterPage = {}): Promise<readonly DeadLetter[]> {
    return this.#transactions.read(() => this.#deadLetters.list(sink, page));
  }

  deadLetterKeys(which: DeadLetterChoice = {}): Promise<readonly DeadLetterKey[]> {
    return this.#transactions.read(() => this.#deadLetters.keys(which));
  }

  redrive(sink: string, seq: number, options: RedriveOptions): Promise<string> {
    return this.#transactions.change(() => this.#redrives.redrive(sink, seq, options));
  }

  async requestReplay(sink: string, selection: ReplaySelection, options: ReplayOptions = {}): Promise<Replayed> {
    const found = await this.#transactions.read(() => this.#replays.find(sink, selection, options));
    const { ids } = selection;
    return this.#transactions.change(() => this.#replays.ask(sink, found, { ...options, ids }));
  }

  countReplay(sink: string, selection: ReplaySelection, options: ReplayOptions = {}): Promise<Replayed> {
    return this.#transactions.read(async () => (await this.#replays.find(sink, selection, options)).replayed);
  }

  hasEffect(sink: string, effect: Effect): Promise<boolean> {
    return this.#transactions.read(() => this.#effects.has(sink, effect));
  }

  noteEffect(sink: string, effect: Effect, atMs: number): Promise<void> {
    return this.#transactions.write(() => this.#effects.note(sink, effect, atMs));
  }

  async purge(subject: Subject, options: PurgeOptions = {}): Promise<Purged> {
    this.#database.pragma("secure_delete = ON");
    // Before the transaction: a tail writes meanwhile, which has leavers to tell of.
    const found = await this.#transactions.read(() => this.#purges.find(subject, options));
    const purged = await this.#transactions.change(() => this.#purges.run(subject, found));
    return this.#transactions.read(() => {
      // What was overwritten in the file is in its log as it was, until that has been copied back and cut off.
      const [checkpoint] = this.#database.pragma("wal_checkpoint(TRUNCATE)") as { readonly busy: number }[];
      if (checkpoint?.busy === 0) return purged;
      throw new StateError(`${this.#path} is being read, and its log could not be cleared. Purge again.`, {
        code: "busy",
      });
    });
  }

  discard(sink: string, seq: number): Promise<void> {
    return this.#transactions.change(() => this.#deadLetters.discard(sink, seq));
  }

  prune(beforeMs: number, limit: number): Promise<number> {
    return this.#transactions.write(() => {
      this.#effects.forget(beforeMs - effectsKeptMs);
      const upTo = this.#positions.lastPrunable(limit, beforeMs);
      if (upTo === null) return 0;
      this.#deadLetters.noteSuperseded(upTo);
      return this.#positions.prune(upTo);
    });
  }

  sweep(limit: number): Promise<boolean> {
    return this.#transactions.write(() => this.#sweep.step(limit));
  }

  close(): Promise<void> {
    this.#database.close();
    this.#release();
    return Promise.resolve();
  }
}

function noteOf(json: string | null): StreamStatus["holderNote"] {
  if (json === null) return null;
  const [text, sinceMs] = JSON.parse(json) as [string, number];
  return { text, sinceMs };
}
