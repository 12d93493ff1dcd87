import { execFileSync, spawnSync } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import type { DirectoryEvent, SinkError } from "@dirsync/sdk";
import { verify } from "@dirsync/sdk/webhooks";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { makeEvent } from "../fixtures/events.ts";
import { listen, type Listener, receiveEvent, secret, watch } from "../fixtures/http-receiver.ts";
import { temporaryFolder } from "../fixtures/state-file.ts";
import { VirtualClock } from "../fixtures/virtual-clock.ts";
import type { Sink } from "../model.ts";
import { attemptOf, cutOff } from "./conformance.ts";
import { forwardSink, type ForwardSinkOptions } from "./http.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function forwardTo(
  answer: Answer,
  options: Partial<ForwardSinkOptions> = {},
): Promise<{ sink: Sink; listener: Listener }> {
  const listener = await listen(answer);
  const sink = await forwardSink({ url: `http://127.0.0.1:${listener.port}/hook?tenant=a`, secret, ...options });
  return { sink, listener };
}

function deliver(sink: Sink, event = makeEvent(1)): Promise<void> {
  return sink.deliver(event, { ...attemptOf(42), number: 3, epoch: 5, lane: "user:directory_user_1" });
}

const answerWith =
  (status: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (_request, response) =>
    void response.writeHead(status, headers).end("Mara");

describe("the status is the answer", () => {
  test.each([
    [200, null],
    [201, null],
    [202, null],
    [204, null],
    [299, null],
    [300, "retry"],
    [301, "retry"],
    [302, "retry"],
    [307, "retry"],
    [308, "retry"],
    [400, "retry"],
    [401, "retry"],
    [403, "retry"],
    [404, "retry"],
    [405, "retry"],
    [408, "retry"],
    [409, "retry"],
    [410, "halt"],
    [413, "dead"],
    [415, "retry"],
    [422, "dead"],
    [425, "retry"],
    [429, "retry"],
    [500, "retry"],
    [502, "retry"],
    [503, "retry"],
    [599, "retry"],
  ])("%i: %s", async (status, verdict) => {
    const { sink } = await forwardTo(answerWith(status, { location: "http://127.0.0.1:1/elsewhere" }));
    if (verdict === null) {
      await expect(deliver(sink)).resolves.toBeUndefined();
      return;
    }
    const delivering = deliver(sink);
    await expect(delivering).rejects.toMatchObject({ name: "SinkError", code: "http_status", verdict });
    await expect(delivering).rejects.toThrow(`Sink forward was answered ${status}.`);
    await expect(delivering).rejects.not.toThrow(/Mara|whsec/);
  });

  test("a redirect is not followed, not even to where events may go", async () => {
    const other = await listen(answerWith(204));
    const { sink } = await forwardTo(answerWith(307, { location: `http://127.0.0.1:${other.port}/` }));
    await expect(deliver(sink)).rejects.toThrow("Redirects are not followed");
    expect(other.connections()).toBe(0);
  });

  test.each([
    [429, "7", 7_000],
    [503, "0", 0],
    [503, "Thu, 15 Jan 2026 12:00:20 GMT", 20_000],
    [503, "soon", undefined],
    [410, "7", undefined],
  ])("%i with Retry-After %s: not before %s ms", async (status, value, ms) => {
    const headers = { "retry-after": value, date: "Thu, 15 Jan 2026 12:00:00 GMT" };
    const { sink } = await forwardTo(answerWith(status, headers));
    const failure: unknown = await deliver(sink).catch((error: unknown) => error);
    expect((failure as SinkError).retryAfterMs).toBe(ms);
  });
});

describe("a request", () => {
  test("carries the event as it is, its place, and a signature of this moment", async () => {
    const seen: { body: string; headers: IncomingMessage["headers"]; url: string | undefined; method?: string }[] = [];
    const { runtime } = new VirtualClock({ startMs: Date.now() - 60_000 });
    const { sink } = await forwardTo(
      (request, response) => {
        void text(request).then((body) => {
          seen.push({ body, headers: request.headers, url: request.url, method: request.method ?? "" });
          response.writeHead(204).end();
        });
      },
      { runtime },
    );
    const event = makeEvent(1, { data: { text: "Zoë 𝄞 \u2028" } });
    await deliver(sink, event);
    const [{ body, headers, url, method } = { body: "", headers: {}, url: "" }] = seen;
    expect({ body, url, method }).toEqual({ body: JSON.stringify(event), url: "/hook?tenant=a", method: "POST" });
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "dirsync-event-id": "event_000001",
      "dirsync-seq": "42",
      "dirsync-epoch": "5",
      "dirsync-lane": "user:directory_user_1",
      "dirsync-attempt": "3",
    });
    expect(headers["workos-signature"]).toMatch(new RegExp(`^t=${runtime.now()}, v1=[0-9a-f]{64}$`));
    expect(verify({ payload: body, headers, secret })).toEqual(event);
  });

  test("of Standard Webhooks has the event's id as its own, whatever is in it", async () => {
    const ids: unknown[] = [];
    const answer: Answer = (request, response) => {
      void receiveEvent(request, response).then((event) => {
        ids.push(request.headers["webhook-id"], event?.id);
        response.writeHead(204).end();
      });
    };
    const { sink } = await forwardTo(answer, { schemes: ["standard"] });
    await deliver(sink, makeEvent(1, { id: "event_01ABC" }));
    await deliver(sink, makeEvent(1, { id: "a b,é\n" }));
    expect(ids).toEqual(["event_01ABC", "event_01ABC", "a%20b%2C%C3%A9%0A", "a b,é\n"]);
  });

  test("may be signed in both schemes", async () => {
    const events: DirectoryEvent[] = [];
    const answer: Answer = (request, response) => {
      void text(request).then((payload) => {
        const { headers } = request;
        for (const scheme of ["workos", "standard"] as const) events.push(verify({ payload, headers, secret, scheme }));
        response.writeHead(204).end();
      });
    };
    const { sink } = await forwardTo(answer, { schemes: ["workos", "standard"] });
    await deliver(sink);
    expect(events).toEqual([makeEvent(1), makeEvent(1)]);
  });

  test("is signed with both secrets while one replaces the other, where the scheme has room", async () => {
    const newer = `whsec_${Buffer.alloc(24, 7).toString("base64")}`;
    const requests: { readonly payload: string; readonly headers: IncomingMessage["headers"] }[] = [];
    const answer: Answer = (request, response) => {
      void text(request).then((payload) => {
        requests.push({ payload, headers: request.headers });
        response.writeHead(204).end();
      });
    };
    const { sink } = await forwardTo(answer, { secret: [newer, secret], schemes: ["workos", "standard"] });
    await deliver(sink);
    const [request] = requests;
    if (request === undefined) throw new Error("Nothing arrived.");
    for (const key of [newer, secret]) expect(verify({ ...request, secret: key, scheme: "standard" })).toBeDefined();
    expect(verify({ ...request, secret: newer, scheme: "workos" })).toBeDefined();
    expect(() => verify({ ...request, secret, scheme: "workos" })).toThrow("No signature");
  });

  test("says so when the event was asked for again", async () => {
    const marks: unknown[] = [];
    const { sink } = await forwardTo((request, response) => {
      marks.push(request.headers["dirsync-replay"]);
      response.writeHead(204).end();
    });
    await sink.deliver(makeEvent(1), attemptOf(1));
    await sink.deliver(makeEvent(1), { ...attemptOf(1), replay: true });
    expect(marks).toEqual([undefined, "1"]);
  });

  test("goes over the connection of the one before", async () => {
    // One, because a second may be opened while the first is still finishing an answer.
    const { sink, listener } = await forwardTo(answerWith(204), { connectionsMax: 1 });
    for (let number = 1; number <= 20; number += 1) await deliver(sink, makeEvent(number));
    expect(listener.connections()).toBe(1);
  });

  test("waits when there are as many as there may be", async () => {
    const { sink, listener } = await forwardTo(answerWith(204), { connectionsMax: 2 });
    await Promise.all(Array.from({ length: 20 }, (_, index) => deliver(sink, makeEvent(index))));
    expect(listener.connections()).toBe(2);
  });
});

describe("a broken receiver", () => {
  test("that nobody listens at: try again, and say where", async () => {
    const { port } = await listen(answerWith(204));
    const sink = await forwardSink({ url: "http://127.0.0.1:1/hook", secret });
    expect(port).not.toBe(1);
    await expect(deliver(sink)).rejects.toMatchObject({ code: "unreachable", verdict: "retry" });
    await expect(deliver(sink)).rejects.toThrow("Sink forward got no answer from 127.0.0.1:1 (ECONNREFUSED).");
  });

  test("that hangs up instead of answering: try again", async () => {
    const { sink } = await forwardTo((request) => void request.socket.destroy());
    await expect(deliver(sink)).rejects.toMatchObject({ code: "unreachable", verdict: "retry" });
  });

  test("that speaks no HTTP: try again", async () => {
    const { sink } = await forwardTo((request) => void request.socket.end("SSH-2.0-OpenSSH_9.6\r\n"));
    await expect(deliver(sink)).rejects.toMatchObject({ code: "unreachable", verdict: "retry" });
  });

  test("that says 2xx and then breaks off has taken the event", async () => {
    const { sink } = await forwardTo((request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      setImmediate(() => request.socket.destroy());
    });
    await expect(deliver(sink)).resolves.toBeUndefined();
  });

  test("that answers with more than anybody reads does not fill memory", async () => {
    let isOver = false;
    const { sink } = await forwardTo((_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (!isOver && response.write("x".repeat(65_536)));
      };
      response.on("drain", more).on("close", () => (isOver = true));
      more();
    });
    const before = process.memoryUsage.rss();
    await expect(deliver(sink)).resolves.toBeUndefined();
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 * 1024 * 1024);
    await vi.waitFor(() => expect(isOver).toBe(true));
  });

  test("that says 2xx is believed although the time is up before the rest of the answer", async () => {
    const cut = new AbortController();
    // The channel on which undici tells that the head of an answer is here.
    const onHead = (): void => void setImmediate(() => cut.abort(cutOff()));
    subscribe("undici:request:headers", onHead);
    onTestFinished(() => void unsubscribe("undici:request:headers", onHead));
    const { sink } = await forwardTo((_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
    });
    await expect(sink.deliver(makeEvent(1), attemptOf(1, cut.signal))).resolves.toBeUndefined();
    expect(cut.signal.aborted).toBe(true);
  });
});

describe("a secret that cannot sign is refused before the first event", () => {
  test.each<[name: string, options: Partial<ForwardSinkOptions>]>([
    ["an empty one", { secret: "" }],
    ["one that Standard Webhooks cannot read", { secret: "not base64!", schemes: ["standard"] }],
    ["no scheme at all", { schemes: [] }],
  ])("%s", async (_name, options) => {
    const making = forwardSink({ url: "http://127.0.0.1:1/hook", secret, ...options });
    await expect(making).rejects.toMatchObject({ name: "ConfigError", code: "config_invalid" });
    await expect(making).rejects.not.toThrow(/not base64!/);
  });
});

const openssl = "openssl";

/** Makes a certificate for localhost that nobody else has signed. */
function certificate(): { key: string; cert: string } {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const files = ["-keyout", key, "-out", cert];
  const algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  execFileSync(openssl, ["req", "-x509", "-nodes", "-days", "2", ...algorithm, ...subject, ...files], {
    stdio: "ignore",
  });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

describe.runIf(spawnSync(openssl, ["version"]).status === 0)("over TLS, for which openssl makes a certificate", () => {
  test("a certificate of one's own authority is trusted when it is named, and nothing else is", async () => {
    const { key, cert } = certificate();
    const answer: Answer = (request, response) =>
      void receiveEvent(request, response).then(() => response.writeHead(204).end());
    const listener = await watch(createTlsServer({ key, cert }, answer));
    const url = `https://localhost:${listener.port}/hook`;
    const trusting = await forwardSink({ url, secret, ca: cert });
    await expect(deliver(trusting)).resolves.toBeUndefined();
    const doubting = await forwardSink({ url, secret });
    await expect(deliver(doubting)).rejects.toMatchObject({ code: "unreachable", verdict: "retry" });
    await expect(deliver(doubting)).rejects.toThrow("DEPTH_ZERO_SELF_SIGNED_CERT");
    await trusting.close?.();
  });
});
