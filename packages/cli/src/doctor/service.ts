/** The service: whether it answers, takes the key, has our time, and keeps its log in order. Only reads. */
import { DirectorySync, isDirsyncError, subscribableEventNames, systemRuntime } from "@dirsync/sdk";
import { exitCodeOf, exitCodes } from "../exit-codes.ts";
import { isLoopback } from "../loopback.ts";
import type { Secret } from "../secrets.ts";
import { failed, type Finding, ok, skipped, warning } from "./check.ts";
import { putOffWasmTiering } from "../wasm-tiering.ts";

/** What to ask, and as whom. */
export interface ServiceToCheck {
  readonly baseUrl: string;
  /** Null when there is none, which another check has told. */
  readonly apiKey: Secret | null;
  readonly events: readonly string[] | undefined;
}

const timeoutMs = 10_000;

/** Webhooks are refused when they are older than five minutes or from the future; long before that, logs mislead. */
const skewMsGood = 5_000;
const skewMsMax = 5 * 60_000;

/** Enough to see an order. */
const pageLimit = 10;

/** An id that no service has given out. */
const unknownEventId = "event_00000000000000000000000000";

/** What can be said about the service. */
export async function checkService(service: ServiceToCheck): Promise<readonly Finding[]> {
  const url = checkUrl(service.baseUrl);
  if (service.apiKey === null) return [url, skipped("service.key", "there is no API key to ask with")];
  const apiKey = service.apiKey.reveal();
  putOffWasmTiering();
  const client = new DirectorySync({ baseUrl: service.baseUrl, apiKey, timeoutMs, retriesMax: 0 });
  try {
    const events = service.events ?? subscribableEventNames;
    const page = await client.events.page({ events, limit: pageLimit });
    const key = ok("service.key", `accepted; the log ${page.events.length === 0 ? "is empty" : "can be read"}`);
    const clock = checkClock(page.answeredAtMs);
    const ids = page.events.map(({ id }) => id);
    return [
      url,
      key,
      clock,
      await checkOrder(client, { events, ids }),
      await checkUnknownCursor(client, { events, ids }),
    ];
  } catch (error) {
    return [url, refusal(error)];
  }
}

function checkUrl(baseUrl: string): Finding {
  const { protocol, hostname } = new URL(baseUrl);
  if (protocol === "https:" || isLoopback(hostname)) return ok("service.url", baseUrl);
  return warning(
    "service.url",
    `${baseUrl} is not encrypted`,
    "Whoever is on the way can read the API key. Use https.",
  );
}

function refusal(error: unknown): Finding {
  if (!isDirsyncError(error)) throw error;
  // A log that cannot be followed is no position that was lost.
  const isUnfit = error.name === "ContractError" && !error.retryable;
  const exitCode = isUnfit ? exitCodes.configuration : exitCodeOf(error);
  const isKey = exitCode === exitCodes.notAuthorised;
  const check = isKey ? "service.key" : error.name === "ContractError" ? "service.order" : "service.reach";
  const advice = isKey ? "Check the key, and that it belongs to this service." : null;
  return failed(check, { detail: error.message, advice, exitCode });
}

function checkClock(answeredAtMs: number | null): Finding {
  if (answeredAtMs === null) return skipped("service.clock", "the service does not tell its time");
  const skewMs = systemRuntime.now() - answeredAtMs;
  // Their time has whole seconds, and the answer was on its way for a while.
  const detail = `this machine is ${(skewMs / 1_000).toFixed(0)} s ahead of the service`;
  if (Math.abs(skewMs) <= skewMsGood) return ok("service.clock", detail);
  const advice = "Set the clock (NTP): webhooks are checked by it, and --from now and delays are told by it.";
  if (Math.abs(skewMs) <= skewMsMax) return warning("service.clock", detail, advice);
  return failed("service.clock", { detail, advice, exitCode: exitCodes.configuration });
}

interface Log {
  readonly events: readonly string[];
  /** Ids of its first page. */
  readonly ids: readonly string[];
}

/** The page after its first event has to begin with its second one. Descending pages are refused by the client already. */
async function checkOrder(client: DirectorySync, { events, ids }: Log): Promise<Finding> {
  const [first, second] = ids;
  if (first === undefined || second === undefined) return skipped("service.order", "too few events to see an order");
  const { events: following } = await client.events.page({ events, after: first, limit: pageLimit });
  if (following[0]?.id === second) return ok("service.order", "oldest first, and a position is gone on from");
  return failed("service.order", {
    detail: `after ${first} comes ${second}, but the service goes on with ${following[0]?.id ?? "nothing"}`,
    advice:
      "Such a log cannot be followed without losing or repeating events. Is the URL that of a WorkOS-compatible service?",
    exitCode: exitCodes.configuration,
  });
}

/** A service that does not know a position should say so. One that begins again is noticed, but later. */
async function checkUnknownCursor(client: DirectorySync, { events, ids }: Log): Promise<Finding> {
  if (ids.length === 0) return skipped("service.lost_position", "the log is empty");
  try {
    const { events: found } = await client.events.page({ events, after: unknownEventId, limit: pageLimit });
    const detail = `a position it does not know is answered with ${found.length === 0 ? "nothing" : `event ${found[0]?.id}`}`;
    const advice =
      "The tail will notice a lost position only by what it has read before. Watch `dirsync status` for gaps.";
    return warning("service.lost_position", detail, advice);
  } catch (error) {
    if (!isDirsyncError(error)) throw error;
    if (error.name === "ApiError" || error.name === "CursorExpiredError") {
      return ok("service.lost_position", "a position it does not know is refused");
    }
    return skipped("service.lost_position", error.message);
  }
}
