/** Durable consumer of an ordered directory-sync log. */
export { createConsumer } from "./consumer.ts";
export type { Consumer, ConsumerOptions, RunOptions, RunReport, ScanOptions } from "./consumer.ts";
export { Dispatcher } from "./dispatch/dispatch.ts";
export type { DispatchOptions, DispatchReport } from "./dispatch/dispatch-options.ts";
export { boundConnections } from "./bound-connections.ts";
export { createDoorbell } from "./doorbell.ts";
export type { RingableDoorbell } from "./doorbell.ts";
export type { EffectRecord } from "./effect-record.ts";
export { entityOf } from "./entity.ts";
export type {
  DispatchJournal,
  Effect,
  Journal,
  KeptEntry,
  KeptPage,
  Purged,
  SinkPosition,
  Step,
  Subject,
} from "./journal/model.ts";
export type {
  DeadLetterChoice,
  DeadLetterKey,
  DeadLetterPage,
  OvertakenOptions,
  PurgeOptions,
  RedriveOptions,
  Replayed,
  ReplayOptions,
  ReplaySelection,
} from "./journal/requests.ts";
export type { HandlerDatabase, HandlerStatement, SqlValue } from "./handler-database.ts";
export { checkStateFile, isStateFileEmptied, isStateFileHeld, openJournal } from "./journal/open.ts";
export type { OpenJournalOptions } from "./journal/open.ts";
export type { Account, AccountedEvent, AccountedMembership, SinkAnswer } from "./mirror/account.ts";
export type { MirrorCheck, MirrorDifference } from "./mirror/check.ts";
export { checkMirror, openMirror, openMirrorAt } from "./mirror/open.ts";
export type { CurrentMirror, PastMirror } from "./mirror/open.ts";
export type { LastEvent } from "./mirror/past.ts";
export type { MirrorReader } from "./mirror/reader.ts";
export type { MirrorCounts, MirrorMembership } from "./mirror/rows.ts";
export { laneBy } from "./locks.ts";
export type { LaneBy } from "./locks.ts";
export type {
  Attempt,
  BatchEntry,
  Cursor,
  Cut,
  DeadLetter,
  DeadLetterPolicy,
  Doorbell,
  EventPage,
  EventSource,
  Failure,
  Gap,
  GapReason,
  JournalEntry,
  Locks,
  Outcome,
  Policy,
  Sink,
  SourceDeadLetter,
  StartPosition,
  WorkItem,
} from "./model.ts";
export type { Fact } from "./fact.ts";
export { defaultPolicy } from "./policy.ts";
export type {
  Brake,
  Collection,
  ListedPage,
  ListedRow,
  ListsSource,
  PlanEntry,
  Reference,
  ScanCause,
  ScanDesk,
  ScanRequest,
  ScanScope,
  ScanState,
  ScanStatus,
  ScanTally,
  Synthetic,
} from "./scan/model.ts";
export { MetricRegistry } from "./metric-registry.ts";
export type { MetricHistogram, MetricLabels, MetricSeries } from "./metric-registry.ts";
export { addressKind } from "./sinks/address.ts";
export type { AddressKind } from "./sinks/address.ts";
export { commandSink } from "./sinks/command.ts";
export type { CommandSinkOptions, OutputReader } from "./sinks/command.ts";
export type { TargetGuard } from "./sinks/forward-target.ts";
export { forwardSink } from "./sinks/http.ts";
export type { ForwardSinkOptions } from "./sinks/http.ts";
export { decisionsOf, guardedCode } from "./journal/decisions.ts";
export type { DecisionsDatabase, GuardDecisions } from "./journal/decisions.ts";
export { guardSink } from "./sinks/guard.ts";
export { recentLosses } from "./sinks/recent-losses.ts";
export type { DeletionLimit, GuardOptions } from "./sinks/guard.ts";
export { handlersSink } from "./sinks/handlers.ts";
export type { HandlerContext, Handlers, HandlersSinkOptions } from "./sinks/handlers.ts";
export { isolatedSink } from "./sinks/isolated.ts";
export type { IsolatedSinkOptions } from "./sinks/isolated.ts";
export { reapOrphans } from "./sinks/orphans.ts";
export { pipeSink } from "./sinks/pipe.ts";
export type { PipeSinkOptions } from "./sinks/pipe.ts";
export { stdoutSink } from "./sinks/stdout.ts";
export { eventsApiSource } from "./sources/events-api.ts";
export type { EventsApiOptions } from "./sources/events-api.ts";
export { listsApiSource } from "./sources/lists-api.ts";
export { walkList } from "./sources/walk-list.ts";
export type { ListWalk } from "./sources/walk-list.ts";
export { listenForWebhooks } from "./sources/webhook-listener.ts";
export type { WebhookListener, WebhookListenerOptions } from "./sources/webhook-listener.ts";
export type { SinkBinding } from "./sink-binding.ts";
export type { SinkStatus, StreamStatus, UnknownType } from "./status.ts";
export type { UnknownEventPolicy } from "./unknown-events.ts";
