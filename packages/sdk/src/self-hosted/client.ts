import { connect, DirectorySync, type DirectorySyncOptions } from "../client.ts";
import { defaultTransport } from "../http/default-transport.ts";
import { AuditLog } from "./audit-log.ts";
import { OwnDirectories } from "./directories.ts";
import { packedImports } from "./packed-imports.ts";
import { ScimRequests } from "./scim-requests.ts";
import { OwnWebhookEndpoints } from "./webhook-endpoints.ts";

/**
 * Client for `@dirsync/server`, and for whatever else answers as it does: all of `DirectorySync`, and the calls that WorkOS
 * has no counterpart of. They stand apart so that an app that calls WorkOS does not carry them.
 * @throws ConfigError as `DirectorySync` does.
 */
export class SelfHosted extends DirectorySync {
  override readonly directories: OwnDirectories;
  override readonly webhookEndpoints: OwnWebhookEndpoints;
  /** What identity providers sent. */
  readonly scimRequests: ScimRequests;
  /** Who changed what. */
  readonly auditLog: AuditLog;

  constructor(options: DirectorySyncOptions = {}) {
    const shared = { ...options, transport: options.transport ?? defaultTransport() };
    super(shared);
    // Over the same connections.
    const { calls } = connect({ ...shared, transport: packedImports(shared.transport) });
    this.directories = new OwnDirectories(calls);
    this.webhookEndpoints = new OwnWebhookEndpoints(calls);
    this.scimRequests = new ScimRequests(calls);
    this.auditLog = new AuditLog(calls);
  }
}
