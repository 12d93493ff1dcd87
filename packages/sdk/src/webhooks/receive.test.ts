import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { sign } from "./index.ts";
import { failureOf, reasonOf, subjects } from "./test-subjects.ts";

const secret = "whsec_test_0123456789";
const payload = '{"id":"event_1","event":"x","data":{"name":"Zoë 😀"},"created_at":"2026-01-15T12:00:00.000Z"}';
const url = "https://app.example/webhooks";

function request(body: RequestInit["body"] = payload, headers: Record<string, string> = signature(payload)): Request {
  // Node asks for `duplex` beside a stream.
  return new Request(url, { method: "POST", headers, body, duplex: "half" } as RequestInit);
}

function signature(body: string): Record<string, string> {
  return { "workos-signature": sign({ payload: body, secret, timestampMs: Date.now() }) };
}

/** Gives its pieces one by one, and tells whether it was cancelled. */
function streaming(pieces: Iterable<object>) {
  const state = { isCancelled: false, given: 0 };
  const iterator = pieces[Symbol.iterator]();
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = iterator.next();
        if (next.done === true) return controller.close();
        state.given += 1;
        controller.enqueue(next.value as Uint8Array);
      },
      cancel() {
        state.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, state };
}

function* endless(): Generator<Uint8Array> {
  for (;;) yield new Uint8Array(1000);
}

describe.each(subjects)("receive over %s", (_engine, { receive, signedHeaders }) => {
  test("gives the event of a signed request", async () => {
    await expect(receive(request(), { secret })).resolves.toEqual(JSON.parse(payload));
  });

  test("gives the event of a request signed with Standard Webhooks", async () => {
    const standardSecret = `whsec_${Buffer.alloc(24, 3).toString("base64")}`;
    const options = { payload, secret: standardSecret, timestampMs: Date.now() };
    const headers = await signedHeaders({ ...options, scheme: "standard", id: "event_1" });
    const signed = request(payload, headers);
    await expect(receive(signed, { secret: [secret, standardSecret] })).resolves.toMatchObject({ id: "event_1" });
  });

  test("refuses a request of Node, which JavaScript lets through, and says what takes it", async () => {
    const ofNode = { headers: signature(payload), body: payload } as unknown as Request;
    expect(await failureOf(() => receive(ofNode, { secret }))).toMatchObject({
      reason: "body_not_raw",
      message: expect.stringContaining("receiveNode") as unknown,
    });
  });

  test("takes a body in pieces, cut inside a character", async () => {
    const bytes = Buffer.from(payload);
    const { stream } = streaming(Array.from(bytes, (_byte, index) => bytes.subarray(index, index + 1)));
    await expect(receive(request(stream), { secret })).resolves.toEqual(JSON.parse(payload));
  });

  test("leaves a request that was cloned before to its other readers", async () => {
    const original = request();
    await receive(original.clone(), { secret });
    await expect(original.json()).resolves.toMatchObject({ id: "event_1" });
  });

  test("refuses a request whose body was read before, and says what to do", async () => {
    const read = request();
    await read.json();
    const failure = await failureOf(async () => receive(read, { secret }));
    expect(failure).toMatchObject({ reason: "body_not_raw" });
    expect((failure as Error).message).toMatch(/clone\(\)/);
  });

  test("refuses a request without a body", async () => {
    expect(await reasonOf(async () => receive(request(null), { secret }))).toBe("signature_mismatch");
  });

  test("reads no byte of a request whose headers or options cannot be good", async () => {
    for (const [headers, options] of [
      [{}, { secret }],
      [{ "workos-signature": "x" }, { secret }],
      [signature(payload), { secret: "" }],
    ] as const) {
      const { stream, state } = streaming(endless());
      await failureOf(async () => receive(request(stream, headers), options));
      expect(state.given).toBe(0);
    }
  });

  test("stops at the size limit and cancels the rest", async () => {
    const { stream, state } = streaming(endless());
    const failure = await failureOf(async () => receive(request(stream), { secret, bodyBytesMax: 10_000 }));
    expect(failure).toMatchObject({ reason: "body_too_large" });
    expect((failure as Error).message).toContain("10000 bytes");
    expect(state).toEqual({ isCancelled: true, given: 11 });
  });

  test("has a size limit when none is given", async () => {
    const { stream, state } = streaming(endless());
    expect(await reasonOf(async () => receive(request(stream), { secret }))).toBe("body_too_large");
    expect(state.given).toBe(1049);
  });

  test("refuses an announced size above the limit unread", async () => {
    const { stream, state } = streaming(endless());
    const announced = request(stream, { ...signature(payload), "content-length": "1048577" });
    expect(await reasonOf(async () => receive(announced, { secret }))).toBe("body_too_large");
    expect(state.given).toBe(0);
  });

  test("takes a body exactly as large as the limit", async () => {
    const bodyBytesMax = Buffer.byteLength(payload);
    await expect(receive(request(), { secret, bodyBytesMax })).resolves.toMatchObject({ id: "event_1" });
    const less = { secret, bodyBytesMax: bodyBytesMax - 1 };
    expect(await reasonOf(async () => receive(request(), less))).toBe("body_too_large");
  });

  test.each([Number.NaN, -1, Number.POSITIVE_INFINITY])("a limit of %d is refused", async (bodyBytesMax) => {
    const failure = await failureOf(async () => receive(request(), { secret, bodyBytesMax }));
    expect(failure).toMatchObject({ name: "ConfigError", where: "bodyBytesMax" });
  });

  test("stops waiting for a body when the signal fires, with its reason", async () => {
    const controller = new AbortController();
    const silent = new ReadableStream({ pull: async () => new Promise(() => controller.abort(new Error("enough"))) });
    const { signal } = controller;
    await expect(receive(request(silent), { secret, signal })).rejects.toThrow("enough");
    await expect(receive(request(), { secret, signal })).rejects.toThrow("enough");
    const never = new ReadableStream({ pull: async () => new Promise(() => undefined) });
    await expect(receive(request(never), { secret, signal })).rejects.toThrow("enough");
  });

  test("leaves nothing at a signal that lives as long as the process", async () => {
    const { signal } = new AbortController();
    await receive(request(), { secret, signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("a sender that hangs up is `body_cut`, with the cause", async () => {
    const cause = new TypeError("terminated");
    const broken = new ReadableStream({ pull: (controller) => controller.error(cause) });
    const failure = await failureOf(async () => receive(request(broken), { secret }));
    expect(failure).toMatchObject({ reason: "body_cut", cause });
  });

  test("a stream of objects is refused", async () => {
    const fake = { headers: new Headers(signature(payload)), body: streaming([{}]).stream, bodyUsed: false };
    expect(await reasonOf(async () => receive(fake as unknown as Request, { secret }))).toBe("body_not_raw");
  });
});
