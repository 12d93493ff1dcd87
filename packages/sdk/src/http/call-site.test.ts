import { describe, expect, test } from "vitest";
import { DirectorySync } from "../client.ts";
import { failure, hastyRuntime, transports } from "./test-calls.ts";
import { deadUrl, json, listBody, serve, type Answer } from "./test-server.ts";

/** How often the stack names this file: where the call stands, and nowhere else is it named. */
function framesHere(error: unknown): number {
  return (error as Error).stack?.split("\n").filter((line) => line.includes("call-site.test.ts")).length ?? 0;
}

async function askForUser(client: DirectorySync): Promise<unknown> {
  return client.users.get("u");
}

async function walkUsers(client: DirectorySync): Promise<void> {
  for await (const user of client.users.list({ directory: "d" })) expect(user).toBeDefined();
}

async function walkPages(client: DirectorySync): Promise<void> {
  for await (const page of client.users.list({ directory: "d" }).pages()) expect(page).toBeDefined();
}

async function walkEvents(client: DirectorySync): Promise<void> {
  for await (const event of client.events.iterate({ events: ["dsync.deleted"] })) expect(event).toBeDefined();
}

const asks = [
  ["a call", askForUser],
  ["a walk", walkUsers],
  ["a walk over pages", walkPages],
  ["a walk along the log", walkEvents],
  ["a first page", async (client: DirectorySync) => client.groups.list({ directory: "d" }).page()],
  ["an array", async (client: DirectorySync) => client.groups.list({ directory: "d" }).toArray({ max: 5 })],
] as const;

const answers: readonly (readonly [string, Answer])[] = [
  ["an error", (_request, response) => json(response, { message: "no" }, 500)],
  ["HTML", (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>")],
  ["something else", (_request, response) => json(response, { id: 7 })],
];

describe.each(transports)("over $name the stack points at the line that asked", ({ create }) => {
  describe.each(asks)("by %s", (_ask, ask) => {
    test.each(answers)("when the answer is %s", async (_name, answer) => {
      const server = await serve(answer);
      const client = clientOf(server.url);
      expect(framesHere(await failure(ask(client)))).toBeGreaterThan(0);
    });

    test("when there is no answer", async () => {
      expect(framesHere(await failure(ask(clientOf(await deadUrl()))))).toBeGreaterThan(0);
    });

    test("when it is the second page that fails", async () => {
      const server = await serve((request, response) => {
        json(response, request.query.has("after") ? { id: 7 } : listBody([], "cursor_1"));
      });
      const error = await failure(ask(clientOf(server.url)));
      expect(error === undefined || framesHere(error) > 0).toBe(true);
    });

    test("when the second try fails too", async () => {
      const server = await serve((_request, response) => json(response, {}, 503));
      const client = clientOf(server.url, 1);
      expect(framesHere(await failure(ask(client)))).toBeGreaterThan(0);
    });
  });

  function clientOf(baseUrl: string, retriesMax = 0): DirectorySync {
    const { runtime } = hastyRuntime();
    return new DirectorySync({ apiKey: "sk_test", baseUrl, retriesMax, runtime, transport: create() });
  }
});

test("a stack names each place once", async () => {
  const client = new DirectorySync({ apiKey: "sk_test", baseUrl: await deadUrl(), retriesMax: 0 });
  const { stack = "" } = (await failure(askForUser(client))) as Error;
  const frames = stack.split("\n").filter((line) => line.includes("call-site.test.ts"));
  expect(new Set(frames.map((line) => /:(\d+):\d+\)?$/.exec(line)?.[1])).size).toBe(frames.length);
});
