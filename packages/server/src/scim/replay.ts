import { Hono } from "hono";
import { DirsyncError } from "@dirsync/sdk";
import { pathOf } from "../http/path.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import { scimRoutes } from "./routes.ts";
import type { ScimRequestRow } from "../store/tables.ts";
import { dryStore } from "../scim-log/dry-store.ts";
import { Recorder } from "../scim-log/recorder.ts";

/** What came of a request that was sent once more. */
export interface Replayed {
  readonly status: number;
  /** The answer's body as text; empty when it had none. */
  readonly body: string;
  /** Events it has caused, or in a dry run would cause, as JSON. */
  readonly events: readonly string[];
}

/** How it is sent. */
export interface ReplayHow {
  readonly isDry: boolean;
  /** Where the server is reached, for the addresses in the answer. */
  readonly baseUrl: string;
}

/** Why a request cannot be sent once more. */
export type ReplayRefusal = "not_replayable" | "directory_gone" | "dry_run_unsupported";

/**
 * Sends a recorded request to its directory once more, as the provider did but without its token, which nobody knows. In a
 * dry run the answer is that of now, and nothing is kept.
 * @throws DirsyncError with a code of `ReplayRefusal`
 */
export async function replay(
  services: Services,
  row: ScimRequestRow,
  { isDry, baseUrl }: ReplayHow,
): Promise<Replayed> {
  if (row.is_whole === 0) {
    const text = "The request was not kept whole: its body or a header was too long, or its token was refused.";
    throw refused("not_replayable", text);
  }
  if (isDry && /^\/+bulk\b/iu.test(row.path)) {
    throw refused(
      "dry_run_unsupported",
      "A bulk request builds on what it has done before, which a dry run takes back.",
    );
  }
  const directory = await services.store.read((data) => data.directories.findBySeq(row.directory_seq));
  if (directory === undefined) throw refused("directory_gone", "The directory of the request was deleted.");
  const dry = isDry ? dryStore(services.store) : null;
  const store = dry ?? services.store;
  const recorder = isDry
    ? new Recorder({ ...services.config, store, kept: { requestsMax: 0, days: 0 } })
    : services.recorder;
  const above = await services.store.read((data) => data.log.headSeq());
  const app = new Hono<{ Variables: RequestVariables }>({ getPath: pathOf });
  app.use("*", async (context, next) => {
    context.set("requestId", services.ids.requestId());
    await next();
  });
  app.route(
    "/scim/v2.0/:external_key",
    scimRoutes({ ...services, store, recorder }, () => Promise.resolve({ directory, scope: "provisioning" as const })),
  );
  const address = `${baseUrl}/scim/v2.0/${directory.external_key}${row.path}`;
  const response = await app.fetch(
    new Request(address, {
      method: row.method,
      headers: headersOf(row),
      ...(row.request_body === null ? {} : { body: row.request_body }),
    }),
  );
  const body = await response.text();
  return {
    status: response.status,
    body,
    events: dry === null ? await since(services, above, directory.id) : eventsOf(dry.events),
  };
}

/** Without the condition it was sent under, what was refused (412) would be carried out over what came in between. */
function headersOf({ id, if_match: ifMatch, if_none_match: ifNoneMatch }: ScimRequestRow): Record<string, string> {
  return {
    "Content-Type": "application/scim+json",
    "User-Agent": `dirsync-replay (${id})`,
    ...(ifMatch === null ? {} : { "If-Match": ifMatch }),
    ...(ifNoneMatch === null ? {} : { "If-None-Match": ifNoneMatch }),
  };
}

function eventsOf(rows: readonly { readonly body: string }[]): readonly string[] {
  return rows.map((row) => row.body);
}

const eventsMax = 1_000;

/** Events of the directory after a place in the log. Those of other requests of the same moment may be among them. */
async function since({ store }: Services, above: number, directoryId: string): Promise<readonly string[]> {
  const window = { above, below: Number.MAX_SAFE_INTEGER, limit: eventsMax };
  const rows = await store.read((data) => data.log.page({ names: [] }, window));
  return eventsOf(rows.filter(({ body }) => body.includes(`"${directoryId}"`)));
}

function refused(code: ReplayRefusal, text: string): DirsyncError {
  return new DirsyncError(text, { code, retryable: false });
}
