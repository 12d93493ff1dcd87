import { describe, expect, test } from "vitest";
import { DirectorySync, type DirectorySyncOptions } from "../client.ts";
import { systemRuntime, type Logger } from "../runtime.ts";
import type { RequestHooks } from "./hooks.ts";
import { callsTo, failure, hastyRuntime, transports } from "./test-calls.ts";
import { json, listBody, serve, type Answer } from "./test-server.ts";

/** What nobody waited for while `work` ran: Node ends a process for it. */
async function unhandledIn(work: () => Promise<unknown>): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const onRejection = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", onRejection);
  await work();
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", onRejection);
  return unhandled;
}

async function clientOf(
  options: DirectorySyncOptions,
  answer: Answer = (_request, response) => json(response, listBody([])),
) {
  const server = await serve(answer);
  const logged: object[] = [];
  const log: Logger = { ...systemRuntime.log, error: (fields) => void logged.push(fields) };
  const runtime = { ...hastyRuntime().runtime, log };
  return { server, logged, client: new DirectorySync({ apiKey: "sk_test", baseUrl: server.url, runtime, ...options }) };
}

test("a signal that the transport itself fires ends the call, although the transport does not listen", async () => {
  const controller = new AbortController();
  const transport = async (): Promise<never> => {
    controller.abort("stopping");
    return new Promise<never>(() => undefined);
  };
  const call = callsTo("http://x.invalid", { transport }).run({ method: "GET", path: "/x" }, controller);
  expect(await failure(call)).toMatchObject({ code: "aborted", cause: "stopping" });
});

test("a call that ended before it began asks for no key, so that no failed search for one is left alone", async () => {
  let questions = 0;
  const apiKey = async (): Promise<string> => {
    questions += 1;
    return Promise.reject(new Error("the vault is sealed"));
  };
  const { client } = await clientOf({ apiKey });
  const call = async () => failure(client.users.get("u", { signal: AbortSignal.abort() }));
  expect(await unhandledIn(call)).toEqual([]);
  expect(questions).toBe(0);
});

describe("a hook", () => {
  test("that rejects later is reported, and ends neither the call nor the process", async () => {
    const reject = async (): Promise<never> => Promise.reject(new Error("metrics are down"));
    const hooks = [{ onRequest: reject, onResponse: reject, onRetry: reject }] as unknown as RequestHooks[];
    let count = 0;
    const { client, logged } = await clientOf({ hooks }, (_request, response) => {
      count += 1;
      json(response, listBody([]), count === 1 ? 503 : 200);
    });
    expect(await unhandledIn(async () => client.directories.list().page())).toEqual([]);
    expect(logged.map((fields) => ("hook" in fields ? fields.hook : ""))).toEqual(
      expect.arrayContaining(["onRequest", "onResponse", "onRetry"]),
    );
  });

  describe.each(transports)("over $name", ({ create }) => {
    test.each([
      ["two headers in one", { "x-a": "a\r\nauthorization: Bearer stolen" }],
      ["a name that is none", { "x a": "a" }],
      ["what is no text", { "x-a": 7 }],
      ["another host", { Host: "evil.example" }],
      ["another length", { "content-length": "7" }],
      ["another way to send a body", { "transfer-encoding": "chunked" }],
      ["a packing that we cannot undo", { "accept-encoding": "zstd" }],
      ["an expectation", { expect: "100-continue" }],
    ])("that returns %s is reported, and the request goes out without it", async (_name, headers) => {
      const hooks = [{ onRequest: () => headers as unknown as Record<string, string> }];
      const { client, server, logged } = await clientOf({ hooks, transport: create() });
      await client.organizations.list().page();
      const [request] = server.requests;
      expect(request?.headers).toMatchObject({ authorization: "Bearer sk_test", host: new URL(server.url).host });
      expect(request?.headers).not.toHaveProperty("x-a");
      expect(request?.headers["accept-encoding"]).not.toBe("zstd");
      expect(logged).toMatchObject([{ hook: "onRequest", error: { name: "RangeError" } }]);
      expect(JSON.stringify(logged)).not.toContain("stolen");
    });
  });
});

test("what the service says in an error is not endless, and does not command the terminal", async () => {
  const message = `\u001b[2J\u0007${"x".repeat(1_000_000)}`;
  const { client } = await clientOf({ retriesMax: 0 }, (_request, response) => json(response, { message }, 400));
  const error = (await failure(client.users.get("u"))) as Error;
  expect(error.message.length).toBeLessThan(1_200);
  expect(error.message).not.toMatch(/\p{Cc}/u);
});

test("arguments that are no JSON are an error of configuration, before a request", async () => {
  const { client, server } = await clientOf({});
  const circular: Record<string, unknown> = { name: "Acme" };
  circular["metadata"] = circular;
  for (const draft of [{ name: 1n }, circular]) {
    const error = await failure(client.organizations.create(draft as never));
    expect(error).toMatchObject({ name: "ConfigError", where: "body" });
  }
  expect(server.requests).toEqual([]);
});

test("a name like __proto__ in an answer is a field like any other, and changes no other object", async () => {
  const user =
    '{"id":"u","directory_id":"d","state":"active","created_at":"c","updated_at":"u","__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}';
  const { client } = await clientOf({}, (_request, response) => {
    response.writeHead(200, { "content-type": "application/json", __proto__: "x" }).end(user);
  });
  const schema = {
    safeParse: () => ({ success: true, data: JSON.parse('{"__proto__":{"isAdmin":true}}') as object }) as const,
  };
  const read = await client.users.get("u", { customAttributes: schema });
  expect(read["isAdmin"]).toBeUndefined();
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  expect(JSON.parse(JSON.stringify(read))).toMatchObject({ id: "u", constructor: { prototype: { isAdmin: true } } });
});

describe.each(transports)("a deletion over $name that is told 404", ({ create }) => {
  /** What becomes of a call whose tries are answered one after the other with these statuses; null cuts the connection. */
  async function outcomeOf(method: "DELETE" | "GET", ...statuses: readonly (number | null)[]): Promise<unknown> {
    const left = [...statuses];
    const { url } = await serve((_request, response) => {
      const status = left.shift();
      if (status === null) response.destroy();
      else json(response, { message: "Not found: 'x'." }, status);
    });
    const call = callsTo(url, { transport: create(), retriesMax: 3 }).run({ method, path: "/directories/x" });
    return ((await failure(call)) as { status?: number } | undefined)?.status ?? "done";
  }

  test("was done by the try before, when that may have been: nobody is told that it failed", async () => {
    expect(await outcomeOf("DELETE", null, 404)).toBe("done");
    expect(await outcomeOf("DELETE", 503, 404)).toBe("done");
    expect(await outcomeOf("DELETE", null, 429, 404)).toBe("done");
  });

  test("has found nothing to delete, when no try before can have done it; and nothing else is deleted by reading", async () => {
    expect(await outcomeOf("DELETE", 404)).toBe(404);
    expect(await outcomeOf("DELETE", 429, 404)).toBe(404);
    expect(await outcomeOf("GET", null, 404)).toBe(404);
  });
});
