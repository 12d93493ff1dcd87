import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { DirectorySync } from "../client.ts";
import { ConfigError } from "../errors.ts";
import type { Logger } from "../runtime.ts";
import { failure, hastyRuntime } from "./test-calls.ts";
import { json, listBody, serve, type SeenRequest, type TestServer } from "./test-server.ts";

/** A service that takes one key, which a test may change. */
async function serviceThatTakes(first: string, status = 401) {
  let key = first;
  const server = await serve((request, response) => {
    const isRight = request.headers.authorization === `Bearer ${key}`;
    json(
      response,
      isRight ? listBody([]) : { message: `You sent ${request.headers.authorization}` },
      isRight ? 200 : status,
    );
  });
  return { server, rotate: (next: string) => (key = next) };
}

function clientOf(server: TestServer, apiKey: () => string | Promise<string>) {
  const logged: object[] = [];
  const { runtime, sleeps } = hastyRuntime();
  const log: Logger = { ...runtime.log, warn: (fields, message) => void logged.push({ ...fields, message }) };
  const client = new DirectorySync({ apiKey, baseUrl: server.url, runtime: { ...runtime, log } });
  const read = async (): Promise<unknown> => client.directories.list().page();
  return { client, read, logged, sleeps };
}

const keysOf = (requests: readonly SeenRequest[]): unknown[] =>
  requests.map(({ headers }) => headers.authorization?.replace("Bearer ", ""));

describe("a key that is found by a function", () => {
  test("is looked for at the first call, and kept", async () => {
    const { server } = await serviceThatTakes("sk_1");
    let questions = 0;
    const { read } = clientOf(server, () => {
      questions += 1;
      return "sk_1";
    });
    expect(questions).toBe(0);
    await Promise.all([read(), read()]);
    await read();
    expect(questions).toBe(1);
    expect(keysOf(server.requests)).toEqual(["sk_1", "sk_1", "sk_1"]);
  });

  test.each([401, 403])(
    "is looked for again after a %i, and the call is made again at once with the new one",
    async (status) => {
      const { server, rotate } = await serviceThatTakes("sk_1", status);
      let stored = "sk_1";
      const { read, sleeps } = clientOf(server, async () => Promise.resolve(stored));
      await read();
      rotate("sk_2");
      stored = "sk_2";
      await expect(read()).resolves.toBeDefined();
      await read();
      expect(keysOf(server.requests)).toEqual(["sk_1", "sk_1", "sk_2", "sk_2"]);
      expect(sleeps).toEqual([]);
    },
  );

  test("that is refused and has not changed is not sent twice", async () => {
    const { server } = await serviceThatTakes("sk_other");
    const { read } = clientOf(server, () => "sk_1");
    await expect(read()).rejects.toMatchObject({ status: 401, retryable: false });
    expect(server.requests).toHaveLength(1);
  });

  test("is asked for once more after a refusal, not until it works: the new key may be wrong as well", async () => {
    const { server } = await serviceThatTakes("sk_other");
    let questions = 0;
    const { read } = clientOf(server, () => `sk_${(questions += 1)}`);
    await expect(read()).rejects.toMatchObject({ status: 401 });
    expect(keysOf(server.requests)).toEqual(["sk_1", "sk_2"]);
  });

  test("is asked for once by calls that are refused together", async () => {
    const { server, rotate } = await serviceThatTakes("sk_1");
    let stored = "sk_1";
    let questions = 0;
    const { read } = clientOf(server, () => {
      questions += 1;
      return stored;
    });
    await read();
    rotate("sk_2");
    stored = "sk_2";
    await Promise.all([read(), read(), read()]);
    expect(questions).toBe(2);
  });

  test.each<[string, () => string]>([
    [
      "cannot be read",
      () => {
        throw new Error("ENOENT");
      },
    ],
    ["is empty", () => ""],
    ["is half written", () => "sk_2\nsk"],
  ])("stays the old one, with a word in the log, while the new one %s", async (_name, broken) => {
    const { server, rotate } = await serviceThatTakes("sk_1");
    let answer = (): string => "sk_1";
    const { read, logged } = clientOf(server, () => answer());
    await read();
    rotate("sk_2");
    answer = broken;
    await expect(read()).rejects.toMatchObject({ status: 401 });
    expect(logged).toMatchObject([{ message: "the API key was refused, and no other could be had" }]);
    answer = () => "sk_2";
    await expect(read()).resolves.toBeDefined();
  });

  test("that there has never been is an error of configuration, and is looked for again at the next call", async () => {
    const { server } = await serviceThatTakes("sk_1");
    let isThere = false;
    const { read } = clientOf(server, () => {
      if (isThere) return "sk_1";
      throw new Error("ENOENT");
    });
    const error = await failure(read());
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ where: "apiKey", cause: { message: "ENOENT" } });
    expect(server.requests).toEqual([]);
    isThere = true;
    await expect(read()).resolves.toBeDefined();
  });

  test("whose function never answers does not outlast the call", async () => {
    const { server } = await serviceThatTakes("sk_1");
    const client = new DirectorySync({ apiKey: async () => new Promise(() => undefined), baseUrl: server.url });
    const signal = AbortSignal.abort("stopping");
    await expect(client.events.page({ events: ["dsync.deleted"] }, { signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  test("shows in no error, neither the old one nor the new one", async () => {
    const { server } = await serviceThatTakes("sk_other");
    let questions = 0;
    const { read, client } = clientOf(server, () => `sk_hidden_${(questions += 1)}`);
    const shown = inspect([await failure(read()), client], { depth: 20, showHidden: true });
    expect(shown).toContain("[api key]");
    expect(shown).not.toContain("sk_hidden");
  });
});
