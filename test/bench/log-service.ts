import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Scale, Service } from "./harness/benchmark.ts";
import { userEvent } from "./payloads.ts";

/** Events of a page, as many as the service gives at most. */
export const pageEvents = 100;

/** How the log answers. */
export interface LogOptions {
  readonly events: Readonly<Record<Scale, number>>;
  /** Milliseconds before each answer. */
  readonly latencyMs: number;
}

/** `GET /events` of a service that does next to nothing: its pages are made before the first request. */
export function serveLog({ events, latencyMs }: LogOptions): (scale: Scale) => Promise<Service> {
  return async (scale) => {
    const pages = pagesOf(events[scale]);
    const server = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? "/", "http://localhost");
      const body = pages.get(searchParams.get("after") ?? "");
      const answer = (): void => {
        if (body === undefined) response.writeHead(404).end();
        else response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
      };
      if (latencyMs === 0) answer();
      else void pause(latencyMs).then(answer);
    });
    server.keepAliveTimeout = 60_000;
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  };
}

/** Pages by the `after` they are asked for with; behind the last one there is an empty page. */
function pagesOf(count: number): ReadonlyMap<string, Buffer> {
  const template = userEvent(1_024);
  const pages = new Map<string, Buffer>();
  let after = "";
  for (let first = 0; first < count; first += pageEvents) {
    const data = Array.from({ length: Math.min(pageEvents, count - first) }, (_none, index) => ({
      ...template,
      id: idOf(first + index),
    }));
    const last = data.at(-1)?.id ?? "";
    pages.set(after, pageOf(data, first + pageEvents < count ? last : null));
    after = last;
  }
  pages.set(after, pageOf([], null));
  return pages;
}

function pageOf(data: readonly unknown[], after: string | null): Buffer {
  return Buffer.from(JSON.stringify({ object: "list", data, list_metadata: { before: null, after } }));
}

function idOf(index: number): string {
  return `event_01HBENCH${String(index).padStart(12, "0")}`;
}
