export { DirectorySync, type DirectorySyncOptions } from "./client.ts";
export {
  directoryState,
  type AnyDirectoryType,
  type CreatedDirectory,
  type Directory,
  type DirectoryCounts,
  type DirectoryState,
  type DirectoryType,
  type EventDirectory,
  type EventDomain,
  type ScimAccess,
} from "./contract/directory.ts";
export {
  eventIdCharactersMax,
  isEnvelope,
  type DirectoryEvent,
  type Envelope,
  type EventActor,
  type EventContext,
  type GoogleAnalyticsSession,
} from "./contract/envelope.ts";
export {
  isKnownEventName,
  knownEventNames,
  subscribableEventNames,
  type DirectoryToken,
  type EventData,
  type EventDataByName,
  type EventName,
  type EventOf,
  type KnownEvent,
  type Membership,
  type PreviousAttributes,
  type UpdatedGroup,
  type UpdatedUser,
} from "./contract/events.ts";
export type { DirectoryGroup } from "./contract/group.ts";
export { limitMax, limitMin, type List, type ListMetadata, type Order } from "./contract/list.ts";
export type { Organization, OrganizationDomain } from "./contract/organization.ts";
export type { PortalIntent, PortalLink } from "./contract/portal.ts";
export type { Problem, ProblemBody, ProblemDetail } from "./contract/problem.ts";
export { timestampMs } from "./contract/timestamp.ts";
export type {
  CustomAttributes,
  DirectoryUser,
  DirectoryUserWithGroups,
  PredefinedAttributes,
  Role,
  UserAddress,
  UserEmail,
} from "./contract/user.ts";
export type { WebhookEndpoint } from "./contract/webhook-endpoint.ts";
export {
  ApiError,
  ConfigError,
  ConnectionError,
  ContractError,
  CursorExpiredError,
  DirsyncError,
  isDirsyncError,
  SignatureError,
  SinkError,
  StateError,
  type ApiErrorDetails,
  type ConnectionFailure,
  type ContractIssue,
  type ErrorDetails,
  type FieldProblem,
  type SignatureReason,
  type SinkErrorDetails,
  type SinkVerdict,
  type StateFailure,
} from "./errors.ts";
export type { ApiKey } from "./http/api-key.ts";
export type { Schema, SchemaIssue } from "./http/answer.ts";
export type { CallOptions, ChangeOptions } from "./http/call.ts";
export { undiciTransport, type UndiciTransportOptions } from "./http/default-transport.ts";
export { fetchTransport, type FetchTransportOptions } from "./http/fetch-transport.ts";
export type { AttemptFacts, OutcomeFacts, RequestHooks, RetryFacts } from "./http/hooks.ts";
export type { TransportLimits } from "./http/limits.ts";
export type { Listing, Page } from "./http/paginate.ts";
export { retryAfterMs } from "./http/retry-after.ts";
export type { HttpMethod, HttpRequest, HttpResponse, Transport } from "./http/transport.ts";
export type { UserReadOptions, UserWithCustom } from "./resources/custom-attributes.ts";
export type { Directories, DirectoryDraft, DirectoryListOptions } from "./resources/directories.ts";
export type { EventsPage, RefusedEvent, SalvagedPage } from "./resources/event-page.ts";
export type { EventBatch, EventWalk } from "./resources/event-walk.ts";
export type { EventListOptions, Events } from "./resources/events.ts";
export type { GroupListOptions, Groups } from "./resources/groups.ts";
export type { PageOptions } from "./resources/list-endpoint.ts";
export type {
  OrganizationChanges,
  OrganizationDraft,
  OrganizationListOptions,
  Organizations,
} from "./resources/organizations.ts";
export type { Portal, PortalLinkDraft } from "./resources/portal.ts";
export type { UserListOptions, Users } from "./resources/users.ts";
export type {
  AnyEventName,
  WebhookEndpointChanges,
  WebhookEndpointDraft,
  WebhookEndpoints,
} from "./resources/webhook-endpoints.ts";
export { silentLogger, systemRuntime, type Logger, type Runtime } from "./runtime.ts";
