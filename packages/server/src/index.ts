export { createServer, type DirsyncServer } from "./server.ts";
export { keyFingerprints } from "./config.ts";
export type { ScimLogOptions, ServerOptions, WebhookOptions } from "./config.ts";
export type { KeepEvents } from "./retention.ts";
export type { ScimRate } from "./scim/rate-limit.ts";
export type { ListenOptions } from "./http/listener.ts";
export {
  type BackupFacts,
  type BackupPaths,
  makeBackup,
  readBackup,
  restoreBackup,
  type Restored,
  type RestorePaths,
} from "./store/backup.ts";
