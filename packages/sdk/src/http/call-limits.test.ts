import { describe, expect, test } from "vitest";
import { ConnectionError } from "../errors.ts";
import { systemRuntime } from "../runtime.ts";
import { anything, callsTo as callsOver, failure, hastyRuntime, transports } from "./test-calls.ts";
import type { Transport } from "./transport.ts";
import { json, serve, serveBytes, type Answer } from "./test-server.ts";

/** Answers the first `failures` requests with `status`, and the others with an empty object. */
function flaky(failures: number, status: number, headers: Record<string, string> = {}): Answer {
  let count = 0;
  return (_request, response) => {
    count += 1;
    json(response, {}, count <= failures ? status : 200, headers);
  };
}

describe.each(transports)("over $name", ({ create }) => {
  const callsTo: typeof callsOver = (url, changes) => callsOver(url, { transport: create(), ...changes });

  describe("repeating", () => {
    test.each([408, 429, 500, 502, 503, 504, 520])("a GET is repeated after %i", async (status) => {
      const server = await serve(flaky(2, status));
      await callsTo(server.url, { retriesMax: 2 }).read({ method: "GET", path: "/things" }, anything);
      expect(server.requests).toHaveLength(3);
    });

    test.each([400, 401, 403, 404, 409, 422, 501])("nothing is repeated after %i", async (status) => {
      const server = await serve(flaky(9, status));
      await failure(callsTo(server.url, { retriesMax: 2 }).read({ method: "GET", path: "/things" }, anything));
      expect(server.requests).toHaveLength(1);
    });

    test("0 retries means one request", async () => {
      const server = await serve(flaky(9, 503));
      await failure(callsTo(server.url, { retriesMax: 0 }).read({ method: "GET", path: "/things" }, anything));
      expect(server.requests).toHaveLength(1);
    });

    test.each(["POST", "PATCH", "PUT", "DELETE"] as const)(
      "a %s is repeated like a GET, after a refusal and after an answer that was cut",
      async (method) => {
        const server = await serve(flaky(2, 503));
        await callsTo(server.url, { retriesMax: 2 }).run({ method, path: "/things" });
        expect(server.requests).toHaveLength(3);
        let connections = 0;
        const cutting = await serveBytes((socket) => {
          connections += 1;
          socket.destroy();
        });
        await failure(callsTo(cutting.url, { retriesMax: 2 }).run({ method, path: "/things" }));
        expect(connections).toBe(3);
      },
    );

    test.each(["POST", "PATCH"] as const)(
      "every try of a %s carries the same idempotency key, and every call its own",
      async (method) => {
        const server = await serve(flaky(2, 503));
        const calls = callsTo(server.url, { retriesMax: 2 });
        await calls.run({ method, path: "/things" });
        await calls.run({ method, path: "/things" });
        const keys = server.requests.map(({ headers }) => headers["idempotency-key"]);
        expect(keys).toHaveLength(4);
        expect(new Set(keys.slice(0, 3)).size).toBe(1);
        expect(keys[3]).not.toBe(keys[0]);
        expect(keys[0]).toMatch(/^[\da-f-]{36}$/);
      },
    );

    test("a caller's own idempotency key is sent, and one that no header takes is refused", async () => {
      const server = await serve((_request, response) => json(response, {}));
      const request = { method: "POST", path: "/things" } as const;
      await callsTo(server.url).run(request, { idempotencyKey: "order-7" });
      expect(server.requests[0]?.headers["idempotency-key"]).toBe("order-7");
      for (const idempotencyKey of ["", "two words", "line\nbreak", "ë", "x".repeat(256)]) {
        const error = await failure(callsTo(server.url).run(request, { idempotencyKey }));
        expect(error).toMatchObject({ name: "ConfigError", where: "idempotencyKey" });
      }
      expect(server.requests).toHaveLength(1);
    });

    test.each(["GET", "PUT", "DELETE"] as const)(
      "a %s carries none: it is the same twice by itself",
      async (method) => {
        const server = await serve((_request, response) => json(response, {}));
        await callsTo(server.url).run({ method, path: "/things" });
        expect(server.requests[0]?.headers).not.toHaveProperty("idempotency-key");
      },
    );

    test("a call's own number of retries wins over the client's, and 0 means one request", async () => {
      const server = await serve(flaky(9, 503));
      const calls = callsTo(server.url, { retriesMax: 2 });
      await failure(calls.run({ method: "GET", path: "/things" }, { retriesMax: 0 }));
      expect(server.requests).toHaveLength(1);
      const error = await failure(calls.run({ method: "GET", path: "/things" }, { retriesMax: -1 }));
      expect(error).toMatchObject({ name: "ConfigError", where: "retriesMax" });
    });

    test("a GET whose answer was cut is asked for again", async () => {
      let count = 0;
      const server = await serve((_request, response) => {
        count += 1;
        if (count > 1) return json(response, { whole: true });
        response.writeHead(200, { "content-type": "application/json", "content-length": "100" }).write("{");
        return setImmediate(() => response.destroy());
      });
      const calls = callsTo(server.url, { retriesMax: 1 });
      expect(await calls.read({ method: "GET", path: "/things" }, anything)).toEqual({ whole: true });
    });

    test.each([
      ["seconds", { "retry-after": "5" }],
      ["a date", { "retry-after": "Thu, 15 Jan 2026 12:00:05 GMT", date: "Thu, 15 Jan 2026 12:00:00 GMT" }],
    ])("waits as long as the service asks, given as %s", async (_name, headers) => {
      const { runtime, sleeps } = hastyRuntime();
      const server = await serve(flaky(1, 429, headers));
      await callsTo(server.url, { retriesMax: 3, runtime }).read({ method: "GET", path: "/things" }, anything);
      expect(sleeps).toEqual([5_000]);
    });
  });

  describe("time limits", () => {
    test.each([
      ["headers that do not come", (() => undefined) as Answer],
      ["a body that does not end", ((_request, response) => response.writeHead(200).write("{")) as Answer],
      [
        "a body that drips",
        ((_request, response) => {
          response.writeHead(200);
          const timer = setInterval(() => response.write(" "), 10);
          response.on("close", () => clearInterval(timer));
        }) as Answer,
      ],
    ])("%s are a timeout", async (_name, answer) => {
      const server = await serve(answer);
      const calls = callsTo(server.url, { timeoutMs: 150 });
      const error = await failure(calls.read({ method: "GET", path: "/things" }, anything));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ code: "timeout", retryable: true });
      expect((error as Error).message).toContain("within 150 ms");
    });

    test("each try has the whole time: a slow one does not use up that of the next", async () => {
      let count = 0;
      const server = await serve((_request, response) => {
        count += 1;
        if (count === 3) json(response, { slow: false });
      });
      const calls = callsTo(server.url, { timeoutMs: 700, retriesMax: 2 });
      expect(await calls.read({ method: "GET", path: "/things" }, anything)).toEqual({ slow: false });
    });

    test("a call's own limit wins over the client's", async () => {
      const server = await serve(() => undefined);
      const call = callsTo(server.url).read({ method: "GET", path: "/things" }, anything, { timeoutMs: 50 });
      expect(await failure(call)).toMatchObject({ code: "timeout" });
    });

    test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
      "%d ms is refused before a request",
      async (ms) => {
        const server = await serve((_request, response) => json(response, {}));
        const call = callsTo(server.url).read({ method: "GET", path: "/things" }, anything, { timeoutMs: ms });
        expect(await failure(call)).toMatchObject({ code: "config_invalid", where: "timeoutMs" });
        expect(server.requests).toHaveLength(0);
      },
    );

    test("reach the transport where they are the call's own, so that it waits as long for the headers", async () => {
      const asked: (number | undefined)[] = [];
      const transport: Transport = async ({ timeoutMs }) => {
        asked.push(timeoutMs);
        return { status: 200, headers: {}, body: new TextEncoder().encode("{}") };
      };
      const calls = callsTo("http://x.invalid", { transport, timeoutMs: 50 });
      await calls.read({ method: "GET", path: "/x" }, anything);
      await calls.read({ method: "GET", path: "/x" }, anything, { timeoutMs: 600_000 });
      expect(asked).toEqual([undefined, 600_000]);
    });

    test("hold even over a transport that ignores its signal", async () => {
      const transport = async () => new Promise<never>(() => undefined);
      const calls = callsTo("http://x.invalid", { transport, timeoutMs: 50 });
      expect(await failure(calls.read({ method: "GET", path: "/x" }, anything))).toMatchObject({ code: "timeout" });
    });
  });

  describe("an abort", () => {
    test.each([
      ["before the headers", (() => undefined) as Answer],
      ["in the middle of the body", ((_request, response) => response.writeHead(200).write('{"a":')) as Answer],
    ])("%s ends the call, is not repeated and carries the reason", async (_name, answer) => {
      const server = await serve(answer);
      const controller = new AbortController();
      const options = { signal: controller.signal };
      const calls = callsTo(server.url, { retriesMax: 3 });
      const result = failure(calls.read({ method: "GET", path: "/things" }, anything, options));
      await server.arrival(1);
      setImmediate(() => controller.abort("shutting down"));
      const error = await result;
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ code: "aborted", retryable: false, cause: "shutting down" });
      expect(server.requests).toHaveLength(1);
    });

    test("during the wait before a retry ends the call at once", async () => {
      const server = await serve(flaky(9, 503, { "retry-after": "60" }));
      const controller = new AbortController();
      const log = { ...systemRuntime.log, debug: () => setImmediate(() => controller.abort()) };
      const calls = callsTo(server.url, { retriesMax: 3, runtime: { ...systemRuntime, log } });
      const call = calls.read({ method: "GET", path: "/things" }, anything, { signal: controller.signal });
      expect(await failure(call)).toMatchObject({ name: "ConnectionError", code: "aborted" });
      expect(server.requests).toHaveLength(1);
    });

    test("of the client's signal ends every call, and one before the call sends nothing", async () => {
      const server = await serve(() => undefined);
      const controller = new AbortController();
      const calls = callsTo(server.url, { signal: controller.signal });
      const results = [1, 2].map(async () => failure(calls.read({ method: "GET", path: "/things" }, anything)));
      await server.arrival(2);
      controller.abort();
      for (const error of await Promise.all(results)) expect(error).toMatchObject({ code: "aborted" });
      expect(await failure(calls.run({ method: "GET", path: "/things" }))).toMatchObject({ code: "aborted" });
      expect(server.requests).toHaveLength(2);
    });

    test("signal that outlives many calls is not left with their listeners", async () => {
      const server = await serve((_request, response) => json(response, {}));
      const controller = new AbortController();
      let listeners = 0;
      const { signal } = controller;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = (...args: Parameters<typeof add>) => {
        listeners += 1;
        add(...args);
      };
      signal.removeEventListener = (...args: Parameters<typeof remove>) => {
        listeners -= 1;
        remove(...args);
      };
      const calls = callsTo(server.url, { signal });
      for (let count = 0; count < 5; count += 1) await calls.run({ method: "GET", path: "/things" });
      expect(listeners).toBe(0);
    });
  });
});
