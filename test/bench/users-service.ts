import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Scale, Service } from "./harness/benchmark.ts";
import { user } from "./payloads.ts";

const pageUsers = 100;

/** How many users the service has. */
export function usersAt(scale: Scale): number {
  return scale === "full" ? 100_000 : 300;
}

/** How the service is. */
interface ServiceOptions {
  readonly pageMs?: number;
}

/**
 * `GET /directory_users` of a service that does next to nothing, with one directory, without groups and with a silent log:
 * its pages are made before the first request. A page of users takes `pageMs`. Runs in a process of its own, so that its work does not count.
 */
export async function serveUsers(scale: Scale, { pageMs = 0 }: ServiceOptions = {}): Promise<Service> {
  const pages = new Map<string, Buffer>();
  const users = usersAt(scale);
  for (let first = 0; first < users; first += pageUsers) {
    const data = Array.from({ length: pageUsers }, (_none, index) => user(first + index));
    const after = first + pageUsers < users ? idOf(first + pageUsers - 1) : null;
    const body = Buffer.from(JSON.stringify({ object: "list", data, list_metadata: { before: null, after } }));
    pages.set(first === 0 ? "" : idOf(first - 1), body);
  }
  const others = new Map([
    ["/directories", bodyOf([directory])],
    ["/directory_groups", bodyOf([])],
    ["/events", bodyOf([])],
  ]);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const body = pathname === "/directory_users" ? pages.get(searchParams.get("after") ?? "") : others.get(pathname);
    if (body === undefined) {
      response.writeHead(404).end();
      return;
    }
    const headers = { "content-type": "application/json", "content-length": body.length };
    const answer = (): void => void response.writeHead(200, headers).end(body);
    if (pageMs === 0 || pathname !== "/directory_users") answer();
    else setTimeout(answer, pageMs);
  });
  // A walk of a slow machine must not lose its connection between two pages.
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const directory = {
  object: "directory",
  id: String(user(0)["directory_id"]),
  organization_id: user(0)["organization_id"],
  name: "Example Company",
  type: "okta scim v2.0",
  state: "linked",
  created_at: "2026-01-15T12:00:00.000Z",
  updated_at: "2026-01-15T12:00:00.000Z",
};

function bodyOf(data: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify({ object: "list", data, list_metadata: { before: null, after: null } }));
}

function idOf(index: number): string {
  return String(user(index)["id"]);
}
