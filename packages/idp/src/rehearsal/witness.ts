/** Watches what a provider sends, and looks at the server with a client of its own. */
import { ConnectionError } from "@dirsync/sdk";
import { createScimClient, equalsFilter, resourcePath } from "../client.ts";
import type { ConnectionOptions, ScimClient, ScimResource } from "../client.ts";
import type { ScimTransport } from "../transport.ts";
import { sendOverHttp } from "../transport.ts";

/** A request of the provider and the status it was answered with. */
export interface Exchange {
  readonly method: string;
  /** Below the SCIM address, with its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Null when no whole answer came. */
  readonly status: number | null;
  /** The answer's body, where it was JSON. */
  readonly answer?: unknown;
}

/** A transport that keeps what passes, and can lose answers. */
export interface WatchedTransport {
  readonly transport: ScimTransport;
  /** What has passed since the last call, oldest first. */
  take(): readonly Exchange[];
  /** How many requests have passed in all. */
  readonly requests: number;
  /** Lets the next write reach the server and be answered, and then loses the answer. */
  loseNextAnswer(): void;
}

/** Watches `transport`, whose requests go to addresses below `baseUrl`. */
export function watchTransport(baseUrl: string, transport: ScimTransport = sendOverHttp): WatchedTransport {
  const { origin, pathname } = new URL(baseUrl);
  const rootCharacters = `${origin}${pathname.replace(/\/+$/u, "")}`.length;
  let exchanges: Exchange[] = [];
  let requests = 0;
  let losesAnswer = false;
  return {
    transport: async (request, signal) => {
      requests += 1;
      const sent = {
        method: request.method,
        path: request.url.slice(rootCharacters),
        ...(request.body === undefined ? {} : { body: parsed(request.body) }),
      };
      const isLost = losesAnswer && request.method !== "GET";
      if (isLost) losesAnswer = false;
      try {
        const response = await transport(request, signal);
        if (isLost) throw new ConnectionError("no complete answer in time", { code: "timeout" });
        exchanges.push({ ...sent, status: response.status, answer: parsed(response.text) });
        return response;
      } catch (error) {
        exchanges.push({ ...sent, status: null });
        throw error;
      }
    },
    take: () => {
      const taken = exchanges;
      exchanges = [];
      return taken;
    },
    get requests() {
      return requests;
    },
    loseNextAnswer: () => {
      losesAnswer = true;
    },
  };
}

/** Reads the server as a plain client would, in no provider's dialect. */
export class Witness {
  readonly #client: ScimClient;

  constructor(options: ConnectionOptions) {
    const headers = { "User-Agent": "dirsync-idp", Accept: "application/scim+json" };
    const dialect = { provider: "The check", headers, contentType: "application/scim+json", timeoutMs: 60_000 };
    this.#client = createScimClient(dialect, options);
  }

  /** Every account with this user name. More than one is a fault of the server. */
  async accounts(userName: string): Promise<readonly ScimResource[]> {
    return await this.#search("Users", { attribute: "userName", name: userName });
  }

  /** Every group with this name, without its members. */
  async groups(name: string): Promise<readonly ScimResource[]> {
    return await this.#search("Groups", { attribute: "displayName", name });
  }

  /** Ids of a group's members. */
  async members(groupId: string): Promise<readonly string[]> {
    const call = { purpose: "read the group", subject: groupId, path: resourcePath("Groups", groupId), accept: [200] };
    const group = (await this.#client.call({ ...call, method: "GET" })).resource();
    const members: readonly unknown[] = Array.isArray(group["members"]) ? group["members"] : [];
    return members.map((member) =>
      typeof member === "object" && member !== null && "value" in member ? String(member.value) : "",
    );
  }

  /** Deletes what a rehearsal has made. A server that keeps it says so by rejecting. */
  async delete(type: "Users" | "Groups", id: string): Promise<void> {
    const call = { purpose: "clean up", subject: id, path: resourcePath(type, id), accept: [200, 202, 204, 404] };
    await this.#client.call({ ...call, method: "DELETE" });
  }

  async #search(
    type: "Users" | "Groups",
    { attribute, name }: { readonly attribute: string; readonly name: string },
  ): Promise<readonly ScimResource[]> {
    const answer = await this.#client.call({
      purpose: "search for",
      subject: name,
      method: "GET",
      path: `/${type}?filter=${equalsFilter(attribute, name)}`,
      accept: [200, 404],
    });
    return answer.status === 404 ? [] : answer.list();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A body that is no JSON is not shown; its status is.
    return undefined;
  }
}
