/** The upstream service of a simulated life, and what networks and proxies make of its answers. */
import { ConnectionError, type HttpResponse, type Transport } from "@dirsync/sdk";
import { between, oneOf } from "../../support/random.ts";
import type { SimEvent } from "./log.ts";
import type { FaultName } from "./plan.ts";
import type { World } from "./world.ts";

/** A position that a page points at: behind so many events, with so many empty pages to come. */
interface Position {
  readonly seq: number;
  readonly emptyPages: number;
}

/** Longest that a transport waits for an answer. */
const timeoutMs = 60_000;
const emptyPagesMax = 4;

/** What a fault makes of a request; null when it does not apply to this one. */
type Trick = (request: Asked) => Reply | null;

interface Asked {
  readonly world: World;
  readonly position: Position;
  /** The page that a service without fault answers. */
  readonly page: readonly SimEvent[];
}

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Last place in the log that may be read from it; null when nothing may. */
  readonly upTo: number | null;
  readonly waitMs?: number;
}

/** How a process reaches the service. */
export function transportFor(world: World, node: number): Transport {
  return async (request, signal) => {
    const { clock } = world;
    world.record({ op: "request", node, atMs: clock.nowMs });
    await clock.sleep(between(world.random, 1, 40), signal);
    await breakConnection(world, node, signal);
    if (world.happens("slowAnswer")) await clock.sleep(between(world.random, 1_000, 50_000), signal);
    const reply = replyTo(new URL(request.url), world);
    const notBeforeMs = reply.waitMs === undefined ? null : clock.nowMs + reply.waitMs;
    const kind = `${reply.status} ${reply.upTo === null ? "bad" : "good"}`;
    world.record({ op: "answer", node, atMs: clock.nowMs, kind, upTo: reply.upTo, notBeforeMs });
    return responseOf(reply, world);
  };
}

async function breakConnection(world: World, node: number, signal: AbortSignal): Promise<void> {
  const { clock, random } = world;
  const failure = (["refused", "timeout", "cut", "tls"] as const).find((name) => world.happens(name));
  if (failure === undefined) return;
  await clock.sleep(failure === "timeout" ? timeoutMs : between(random, 1, 3_000), signal);
  world.record({ op: "answer", node, atMs: clock.nowMs, kind: failure, upTo: null, notBeforeMs: null });
  const code = ({ refused: "unreachable", timeout: "timeout", cut: "body_cut", tls: "tls" } as const)[failure];
  throw new ConnectionError(`GET /events: ${failure}.`, { code });
}

function responseOf({ status, body, headers }: Reply, world: World): HttpResponse {
  const date = new Date(world.clock.nowMs).toUTCString();
  const given = { "content-type": "application/json", date, ...headers };
  return { status, headers: given, body: new TextEncoder().encode(body) };
}

function replyTo(url: URL, world: World): Reply {
  const position = positionOf(url.searchParams, world);
  const page = world.log.slice(position.seq, position.seq + world.plan.pageSize);
  const asked = { world, position, page };
  for (const [name, trick] of Object.entries(tricks)) {
    if (!world.happens(name)) continue;
    const reply = trick(asked);
    if (reply !== null) return reply;
  }
  return position.emptyPages > 0 ? emptyPage(position) : wholePage(asked);
}

function positionOf(query: URLSearchParams, world: World): Position {
  const since = query.get("range_start");
  if (since !== null) {
    const later = world.log.findIndex((event) => event.created_at >= since);
    return { seq: later === -1 ? world.log.length : later, emptyPages: 0 };
  }
  const after = query.get("after");
  const empty = /^empty_(\d+)_(\d+)$/u.exec(after ?? "");
  if (empty !== null) return { seq: Number(empty[1]), emptyPages: Number(empty[2]) - 1 };
  return { seq: world.log.findIndex(({ id }) => id === after) + 1, emptyPages: 0 };
}

function wholePage({ world, position, page }: Asked): Reply {
  const upTo = position.seq + page.length;
  return pageOf(page, { after: upTo < world.log.length ? (page.at(-1)?.id ?? null) : null, upTo });
}

function emptyPage({ seq, emptyPages }: Position): Reply {
  return pageOf([], { after: `empty_${seq}_${emptyPages}`, upTo: seq });
}

function pageOf(data: readonly unknown[], { after, upTo }: { after: string | null; upTo: number | null }): Reply {
  return { status: 200, body: listOf(data, after), upTo };
}

function listOf(data: unknown, after: string | null): string {
  return JSON.stringify({ object: "list", data, list_metadata: { before: null, after } });
}

function pageWith(stranger: unknown, page: readonly SimEvent[], { seq }: Position): Reply {
  return pageOf([...page, stranger], { after: null, upTo: seq + page.length });
}

/** A page that nothing may be read from. */
function bad(body: string, given: Partial<Reply> = {}): Reply {
  return { status: 200, body, upTo: null, ...given };
}

function problem(status: number, given: Partial<Reply> = {}): Reply {
  return bad(JSON.stringify({ message: "No.", code: "not_now" }), { status, ...given });
}

/** What can be wrong with an answer, by fault. */
const tricks: Readonly<Record<FaultName, Trick>> = {
  serverError: ({ world }) => problem(oneOf(world.random, [500, 502, 504, 408, 425]) ?? 500),
  busyService: ({ world }) => {
    const seconds = between(world.random, 1, 30);
    const isDate = world.random() < 0.3;
    const asked = isDate ? new Date(world.clock.nowMs + seconds * 1_000).toUTCString() : String(seconds);
    // A date has no milliseconds, so that up to a second of the wait is lost on the way.
    const waitMs = isDate ? (seconds - 1) * 1_000 : seconds * 1_000;
    return problem(world.random() < 0.5 ? 429 : 503, { headers: { "retry-after": asked }, waitMs });
  },
  keyRefused: ({ world }) => problem(world.random() < 0.5 ? 401 : 403, { waitMs: 5_000 }),
  clientError: ({ world }) => problem(oneOf(world.random, [400, 404, 409, 422]) ?? 400),
  redirect: () => problem(302, { headers: { location: "http://elsewhere.invalid/events" } }),
  html: () => bad("<html><body>Sign in</body></html>", { headers: { "content-type": "text/html" } }),
  truncated: ({ page, world }) => {
    const body = listOf(page, null);
    return bad(body.slice(0, between(world.random, 0, body.length - 1)));
  },
  wrongTypes: ({ page, world }) => bad(listOf(oneOf(world.random, [null, "events", { 0: page }, [page]]), null)),
  // What is no event may be set apart, and the rest of the page be taken.
  noId: ({ page, position }) => pageWith({ object: "event", event: "dsync.user.created", data: {} }, page, position),
  hugeId: ({ page, position }) => pageWith({ ...page.at(-1), id: "x".repeat(5_000) }, page, position),
  deep: () => bad(`${'{"object":"list","data":'.repeat(1)}${"[".repeat(200)}${"]".repeat(200)}}`),
  emptyPages: ({ world, position }) => {
    if (position.emptyPages > 0) return null;
    return emptyPage({ seq: position.seq, emptyPages: between(world.random, 1, emptyPagesMax) });
  },
  // The consumer may refuse such a page or drop what it knows; it must not be misled.
  repeated: ({ world, position: { seq } }) => {
    const from = Math.max(0, seq - between(world.random, 1, 3));
    const page = world.log.slice(from, from + world.plan.pageSize);
    return seq === 0 ? null : pageOf(page, { after: null, upTo: Math.max(seq, from + page.length) });
  },
  twice: ({ page, position }) =>
    pageOf([...page, ...page.slice(-1)], { after: null, upTo: position.seq + page.length }),
  descending: ({ page }) => {
    // Two events of the same second may stand in either order.
    const spanMs = Date.parse(page.at(-1)?.created_at ?? "") - Date.parse(page[0]?.created_at ?? "");
    return spanMs >= 1_000 ? bad(listOf([...page].reverse(), null)) : null;
  },
  restarted: ({ world, position: { seq } }) => {
    const page = world.log.slice(0, world.plan.pageSize);
    return seq === 0 ? null : pageOf(page, { after: null, upTo: Math.max(seq, page.length) });
  },
  circle: ({ position: { seq } }) => pageOf([], { after: `empty_${seq}_2`, upTo: seq }),
  endLie: ({ page, position }) => pageOf(page, { after: null, upTo: position.seq + page.length }),
};
