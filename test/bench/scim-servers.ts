/** SCIM servers to be compared: the least that answers, scimmy, and ours. Each keeps users, and tells how many. */
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createServer as createOurs } from "@dirsync/server";
import { DirectorySync } from "@dirsync/sdk";

export const token = "bench-token";

/** A server that is ready. */
export interface ScimServer {
  readonly port: number;
  readonly token: string;
  /** Where users are: `/scim/v2/Users`. */
  readonly usersPath: string;
}

interface StoredUser {
  id: string;
  userName: string;
  title?: string;
  meta?: object;
}

/** node:http, JSON and a map: the same answers, with nothing checked, nothing stored and no event. */
export async function serveInMemory(): Promise<ScimServer> {
  const users = new Map<string, StoredUser>();
  const names = new Set<string>();
  const patch = (user: StoredUser, body: string): void => {
    const { Operations } = JSON.parse(body) as { Operations: readonly { path: "title"; value: string }[] };
    for (const { path, value } of Operations) user[path] = value;
  };
  const create = (body: string): [number, object] => {
    const user = JSON.parse(body) as StoredUser;
    if (names.has(user.userName)) return [409, {}];
    user.id = String(users.size + 1);
    user.meta = { resourceType: "User", created: new Date().toISOString(), location: `/scim/v2/Users/${user.id}` };
    names.add(user.userName);
    users.set(user.id, user);
    return [201, user];
  };
  const answer = async (method: string, path: string, read: () => Promise<string>): Promise<[number, object]> => {
    if (method === "POST") return create(await read());
    const user = users.get(path.slice(path.lastIndexOf("/") + 1));
    if (user === undefined) return [404, {}];
    if (method === "PATCH") patch(user, await read());
    return [200, user];
  };
  const server = createServer((request, response) => {
    void answer(request.method ?? "", request.url ?? "", async () => text(request)).then(([status, body]) => {
      const sent = Buffer.from(JSON.stringify(body));
      const head = { "content-type": "application/scim+json", "content-length": sent.length };
      response.writeHead(status, head).end(sent);
    });
  });
  return { port: await listen(server), token, usersPath: "/scim/v2/Users" };
}

/** scimmy-routers over Express, with users in a map. */
export async function serveScimmy(): Promise<ScimServer> {
  const [{ default: express }, { default: Scimmy }, { default: Routers }] = await Promise.all([
    import("express"),
    import("scimmy"),
    import("scimmy-routers"),
  ]);
  const users = new Map<string, StoredUser>();
  Scimmy.Resources.declare(Scimmy.Resources.User)
    .ingress(async ({ id = String(users.size + 1) }, data) => {
      const given: Omit<StoredUser, "id"> = data;
      const user = { ...given, id };
      users.set(id, user);
      return user;
    })
    .egress(async ({ id }) => {
      if (id === undefined) return [...users.values()];
      const user = users.get(id);
      if (user === undefined) throw new Scimmy.Types.Error(404, "", "There is no such user.");
      return user;
    });
  const app = express();
  app.use("/scim/v2", new Routers({ type: "bearer", handler: async () => "bench" }));
  return { port: await listen(createServer(app)), token, usersPath: "/scim/v2/Users" };
}

/**
 * `@dirsync/server` on a file, with everything it does for a change: checks, the event, and the disk. With `endpoints`, so many
 * that webhooks go to, of which none asks for what happens here: what each costs besides is its deliveries.
 */
export async function serveOurs(endpoints = 0): Promise<ScimServer> {
  const server = await createOurs({ dataFile: `${newFolder()}/data.db`, apiKey: token });
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  const client = new DirectorySync({ baseUrl: url, apiKey: token });
  const { scim } = await client.directories.create({ name: "Bench", type: "okta scim v2.0" });
  for (let number = 0; number < endpoints; number += 1) {
    const to = { endpoint_url: `https://hooks.example.com/${number}`, events: ["dsync.group.deleted"] as const };
    await client.webhookEndpoints.create(to);
  }
  const { port, pathname } = new URL(scim.base_url);
  return { port: Number(port), token: scim.bearer_token, usersPath: `${pathname}/Users` };
}

/** Beside the built benchmarks, and gone with them: on a disk, where a temporary folder may be memory. */
export function newFolder(): string {
  return mkdtempSync(fileURLToPath(new URL("data-", import.meta.url)));
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
