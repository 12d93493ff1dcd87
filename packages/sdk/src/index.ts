export {
  directorySchema,
  eventDirectorySchema,
  type Directory,
  type EventDirectory,
} from "./contract/directory.ts";
export {
  envelopeSchema,
  eventDataSchemas,
  eventIdCharactersMax,
  isKnownEventName,
  subscribableEventNames,
  type DirectoryEvent,
  type Envelope,
  type EventData,
  type EventName,
  type EventOf,
} from "./contract/events.ts";
export { directoryGroupSchema, type DirectoryGroup } from "./contract/group.ts";
export { limitMax, limitMin, listOf, type List, type ListMetadata, type Order } from "./contract/list.ts";
export { organizationSchema, type Organization } from "./contract/organization.ts";
export { problemSchema, type Problem } from "./contract/problem.ts";
export {
  directoryUserSchema,
  directoryUserWithGroupsSchema,
  type DirectoryUser,
  type DirectoryUserWithGroups,
} from "./contract/user.ts";
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
  type SinkVerdict,
  type StateFailure,
} from "./errors.ts";
export { silentLogger, systemRuntime, type Logger, type Runtime } from "./runtime.ts";
