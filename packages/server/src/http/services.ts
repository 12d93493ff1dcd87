import type { BackupCopies } from "../backup-copies.ts";
import type { ServerConfig } from "../config.ts";
import type { Directories } from "../directory/directory.ts";
import type { ServerMetrics } from "../metrics.ts";
import type { RateLimiter } from "../scim/rate-limit.ts";
import type { Recorder } from "../scim-log/recorder.ts";
import type { TokenKeeper } from "../tokens/token-keeper.ts";
import type { Webhooks } from "../webhooks/webhooks.ts";

/** What the routes work with. */
export interface Services extends Directories {
  readonly config: ServerConfig;
  readonly backups: BackupCopies;
  readonly recorder: Recorder;
  readonly limiter: RateLimiter;
  readonly webhooks: Webhooks;
  readonly tokens: TokenKeeper;
  readonly metrics: ServerMetrics;
  /** Says of a request that it only asks what a change would do, which is nothing for the audit log. */
  readonly changesNothing?: () => void;
  /** Says what the request is about, for the audit log, where neither its address nor its answer does. */
  readonly isAbout?: (id: string) => void;
}

/** Values every handler finds on its context. */
export interface RequestVariables {
  /** Names this request in the answer's X-Request-ID and in the log. */
  requestId: string;
  /** True when the answer has been given the X-Request-ID already. */
  isNamed?: boolean;
}

/** The address of the SCIM endpoint of a directory, without a slash at the end. */
export function scimUrlOf(
  services: Services,
  requestUrl: string,
  directory: { readonly external_key: string },
): string {
  return `${baseUrlOf(services, requestUrl)}/scim/v2.0/${directory.external_key}`;
}

/** The address this server is reached under, without a slash at the end. */
export function baseUrlOf(services: Services, requestUrl: string): string {
  return services.config.publicUrl ?? originOf(requestUrl);
}

/** Of an address as a `Request` has it: normal, and with a path. */
function originOf(url: string): string {
  return url.slice(0, url.indexOf("/", url.indexOf("//") + 2));
}
