import type { DirectoryEvent, RefusedEvent } from "@dirsync/sdk";
import type { HandlerDatabase } from "../handler-database.ts";
import type { SinkStatus, StreamStatus } from "../status.ts";
import type { EventText } from "./event-text.ts";
import type { ScanDesk } from "../scan/model.ts";
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
import type { ScanStore } from "../scan/store.ts";
import type {
  Cursor,
  DeadLetter,
  GapReason,
  JournalEntry,
  Outcome,
  SourceDeadLetter,
  StartPosition,
  WorkItem,
} from "../model.ts";

/** Where reading upstream goes on. */
export interface StreamPosition {
  readonly cursor: Cursor | null;
  readonly start: StartPosition;
  /** Highest position in the journal; 0 when it is empty. */
  readonly headSeq: number;
}

/** A page as it is handed to the journal. */
export interface Append {
  readonly events: readonly DirectoryEvent[];
  /** What stood among them and is no event. It is kept as source dead letters. */
  readonly refused?: readonly RefusedEvent[];
  /** Ids of events that come later than their place in the log. They are flagged. */
  readonly late?: ReadonlySet<string>;
  /** Of late events, by id: where they stand in upstream's order, between those that the journal has. */
  readonly places?: ReadonlyMap<string, number>;
  /** True for events that upstream does not have: a scan has found what they say. Default false. */
  readonly isMadeHere?: boolean;
  /** JSON of events, by id, where that has been made already. Default none. */
  readonly texts?: ReadonlyMap<string, EventText>;
  /** The cursor the page was read after. The append is refused when the journal has moved on since. */
  readonly expectedCursor: Cursor | null;
  /** Where reading goes on. Default at the last event. */
  readonly cursor?: Cursor | null;
  readonly receivedAtMs: number;
  /** As `EventPage.isParsed`: the first sink that reads the events may be given these objects. Default false. */
  readonly isParsed?: boolean;
  /** Types of events that are known although the SDK does not know them; the others are counted. Default none. */
  readonly knownEvents?: readonly string[] | undefined;
}

/** What an append did. */
export interface Appended {
  readonly cursor: Cursor | null;
  readonly headSeq: number;
  /** Events that were new. The rest were already in the journal and changed nothing. */
  readonly count: number;
  /** How many of them were late: made, or standing, before events that the journal had already. */
  readonly lateCount: number;
  /** Source dead letters that were new. */
  readonly refusedCount: number;
  /** Types of events that nobody knows and that came for the first time. */
  readonly unknownTypes: readonly string[];
}

/** What the journal knows about the log it was read from. */
export interface StreamMemory {
  /** The event at the cursor; null when there is no cursor. */
  readonly cursorEvent: DirectoryEvent | null;
  /** Up to then, by upstream's clock, there was nothing behind the cursor; null when that was never known. */
  readonly verifiedThroughAtMs: number | null;
  /** Events before the cursor, nearest first, without a hole between them: at most a thousand. */
  readonly before: readonly { readonly id: string; readonly createdAt: string }[];
  /** Ids of the directories these events and that one are about. */
  readonly directories: ReadonlySet<string>;
}

/** Another place to go on reading at. */
export interface Move {
  readonly expectedCursor: Cursor | null;
  readonly cursor: Cursor | null;
  /** Counts while there is no cursor. */
  readonly start: StartPosition;
  /** Why events may be missing between the two; null when none are. */
  readonly gap: GapReason | null;
  readonly atMs: number;
}

/** What a sink is finished with and what it starts, written together. */
export interface Step {
  readonly finished: readonly Outcome[];
  readonly started: readonly number[];
  /** The sink's low-water mark after `finished`. */
  readonly lowSeq: number;
  readonly nowMs: number;
}

/** What a sink finds when it starts. */
export interface SinkPosition {
  readonly lowSeq: number;
  /** Positions above the mark that are already finished. */
  readonly finishedAbove: readonly number[];
}

/** A part of what is kept for a sink. */
export interface KeptPage {
  /** Only what is above this position; 0 begins. */
  readonly afterSeq: number;
  /** Most entries. */
  readonly limit: number;
  /** True for parked entries only: of dead letters there may be a hundred thousand. Default false. */
  readonly onlyParked?: boolean;
}

/** An entry that is kept until a person has decided. */
export interface KeptEntry extends JournalEntry {
  readonly attempts: number;
  /** False for a dead letter, true for what waits behind one. */
  readonly isParked: boolean;
}

/** What a sink does for an event inside the journal's transaction. */
export interface Application {
  readonly seq: number;
  readonly work: (database: HandlerDatabase) => void;
}

/** How far applications came. */
export interface Applied {
  /** So many, from the first on, are done and on record as finished. */
  readonly count: number;
  /** What the next one threw; null when all are done. */
  readonly thrown: { readonly error: unknown } | null;
}

/** A side effect that is to be had once. */
export interface Effect {
  readonly name: string;
  readonly key: string;
}

/** Whose data is meant: events in which one of these stands as a value of its own, in either case. */
export interface Subject {
  readonly userId?: string;
  readonly email?: string;
}

/** What a purge did. */
export interface Purged {
  /** Events that are blank now. */
  readonly events: number;
  /** Dead letters about them that are gone. */
  readonly deadLetters: number;
  /** What the service listed and is no event, and is gone. */
  readonly refused: number;
  /** Events that a sink has still to get, that are parked or held by a guard, and deletions of a scan that are not made. */
  readonly waiting: number;
}

/**
 * The local copy of the upstream log, with one low-water mark for each sink.
 *
 * Every method is one transaction. Methods that write check that this process still holds the journal and throw
 * `StateError` with code `fenced` when it does not; what people decide and ask for is open to visitors.
 */
export interface Journal {
  readonly epoch: number;
  /** Marks this journal's own child processes, so that a restart can tell its orphans from other processes. */
  readonly instanceId: string;
  /** Scans: what visitors may ask and decide, and what the holder does. */
  readonly scans: ScanStore & ScanDesk;
  /**
   * Ties the journal to one upstream log and says where to go on. `start` counts until upstream has once been read
   * from it to the end, or has given an event. A journal that is tied to `formerSource` is tied to `source` from then on.
   * @throws StateError when the journal belongs to another log.
   */
  bind(source: string, start: StartPosition, formerSource?: string): Promise<StreamPosition>;
  /** Appends a whole page and moves the cursor to its last event, or does nothing at all. */
  append(page: Append): Promise<Appended>;
  /** True when an event does not come after the cursor by right: the journal has it from before, or it was made long before. */
  isOutOfPlace(event: DirectoryEvent): Promise<boolean>;
  /** True when an event was made no later than something that was forgotten: nobody can tell whether the journal had it. */
  mayHaveForgotten(event: DirectoryEvent): Promise<boolean>;
  /** Which of these ids the journal has, with where they stand in upstream's order: between positions when found late. */
  placesOf(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
  recall(): Promise<StreamMemory>;
  /** Bytes of JSON of the events above `afterSeq` and up to `upToSeq`. */
  bytesOf(afterSeq: number, upToSeq: number): Promise<number>;
  /** Moves the cursor, and opens a gap in the same transaction when events may be missing. */
  move(move: Move): Promise<StreamPosition>;
  /** Notes that the end of the log was read, and up to when, by upstream's clock, that proves that nothing is missing. */
  markCaughtUp(atMs: number, verifiedThroughAtMs?: number | null): Promise<void>;
  /** Says something about this process to whoever asks for the status, in the place of what it said before; null to say nothing. */
  noteHolder(text: string | null, atMs: number): Promise<void>;
  /** What upstream listed as events and what are none, oldest first. */
  sourceDeadLetters(): Promise<readonly SourceDeadLetter[]>;
  /**
   * Gives one of them up for good.
   * @throws StateError `missing`.
   */
  discardSourceDeadLetter(hash: string, atMs: number): Promise<void>;
  /**
   * Registers a sink if it is new, at the first event after those that were forgotten. Nothing waits for its next try
   * beyond `waitUntilMs`: the clock may have been ahead when a process before this one dated it. Default for ever.
   */
  addSink(name: string, waitUntilMs?: number): Promise<SinkPosition>;
  /**
   * Forgets a sink that is no longer used, with its place, what waits for it, its dead letters and its side effects, and
   * returns where it stood. Until then everything is kept for it. Added again, it is a new one.
   * @throws StateError `missing` when there is no such sink.
   */
  removeSink(name: string): Promise<SinkStatus>;
  /**
   * Entries above `afterSeq` that the sink has not finished, or is to get again, oldest first. Fewer than `limit` where
   * those that there are come to 8 Mi characters of JSON.
   */
  read(sink: string, afterSeq: number, limit: number): Promise<readonly WorkItem[]>;
  /** How often people have changed what the sink has to do: its dead letters, or a replay. */
  requests(sink: string): Promise<number>;
  /**
   * Makes dead letters again of those that a person asked to be tried again and that a later event has overtaken since,
   * unless they were forced; gives replays up for the same reason, and returns how many. A million of them take half a minute,
   * in which others have their turns; `signal` ends it, and what is left may then still be overtaken.
   */
  withdrawOvertaken(sink: string, signal?: AbortSignal): Promise<number>;
  /** Dead letters and parked entries, oldest first; fewer than `limit` as for `read`. */
  kept(sink: string, page: KeptPage): Promise<readonly KeptEntry[]>;
  /**
   * Runs applications in order and records each as finished, in one transaction, up to the first that throws. They may
   * run again when the storage refuses the transaction: nothing of them was there then.
   */
  apply(sink: string, applications: readonly Application[]): Promise<Applied>;
  /** Records outcomes, begins attempts and moves the low-water mark, in one transaction. */
  step(sink: string, step: Step): Promise<void>;
  status(): Promise<StreamStatus>;
  /** Dead letters with their events, by sink and position: of one sink, or a part of them. */
  deadLetters(sink?: string, page?: DeadLetterPage): Promise<readonly DeadLetter[]>;
  /** Which dead letters there are, by sink and position: all, or those of one sink, or of one event. */
  deadLetterKeys(which?: DeadLetterChoice): Promise<readonly DeadLetterKey[]>;
  /**
   * Asks for another try of a dead letter, with a fresh budget, or for the latest state of its object in its place. Resolves
   * to the id of the event that comes.
   * @throws StateError `missing` when there is no such letter, or when what is to come in its place is forgotten or blank;
   * `superseded` when a later event has overtaken it and nothing is said about that, or a guard holds what is to come.
   */
  redrive(sink: string, seq: number, options: RedriveOptions): Promise<string>;
  /**
   * Gives events that a sink has finished to it once more, in journal order and ordered against all others by their
   * locks, with `Attempt.replay`. Events that come after them in the journal wait until they have been read. What waits
   * anyway, dead letters and what is parked are left alone. They are looked for first, half a minute in a million events, and then
   * asked for in one transaction.
   * @throws StateError `missing` when there is no such sink, `superseded` when some of them were overtaken and that is
   * not forced; ConfigError when nothing is selected by.
   */
  requestReplay(sink: string, selection: ReplaySelection, options?: ReplayOptions): Promise<Replayed>;
  /** What `requestReplay` would do. */
  countReplay(sink: string, selection: ReplaySelection, options?: ReplayOptions): Promise<Replayed>;
  /** True when a handler of the sink has had this side effect. */
  hasEffect(sink: string, effect: Effect): Promise<boolean>;
  noteEffect(sink: string, effect: Effect, atMs: number): Promise<void>;
  /**
   * Takes what there is about a person out of the events that every sink has finished, and overwrites it in the file.
   * What stays is that there were events of these names and times about a user of this id.
   * Side effects and the mirror are as they were until nothing waits.
   * @throws StateError `busy` when another process reads the file just then: it is gone from the file, and has to be
   * asked for again to be gone from its write-ahead log.
   */
  purge(subject: Subject, options?: PurgeOptions): Promise<Purged>;
  /** Gives a dead letter up for good. */
  discard(sink: string, seq: number): Promise<void>;
  /**
   * Forgets up to `limit` events that every sink has finished and that arrived before `beforeMs`, and returns how many.
   * Dead letters stay, and so does what has overtaken them.
   */
  prune(beforeMs: number, limit: number): Promise<number>;
  /**
   * Takes out of the mirror what people were who ended with their directory, looking at up to `limit` rows. Resolves to
   * false when there is no more to look at.
   */
  sweep(limit: number): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * The part of a journal that a `Dispatcher` needs: what is to be delivered to one sink, and what became of it. Without
 * `apply` no sink can take events inside its transactions; without the record of effects, handlers are told of none.
 */
export interface DispatchJournal
  extends
    Pick<Journal, "epoch" | "addSink" | "read" | "requests" | "withdrawOvertaken" | "kept" | "step">,
    Partial<Pick<Journal, "apply" | "hasEffect" | "noteEffect">> {}
