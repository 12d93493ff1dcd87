import { once } from "node:events";
import { expect, test } from "vitest";
import { DirectorySync } from "./client.ts";
import { failure } from "./http/test-calls.ts";
import { json, listBody, serve } from "./http/test-server.ts";
import { receive, receiveNode, sign } from "./webhooks/index.ts";

/** The warnings of this process while `work` runs. */
async function warningsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  const warnings: string[] = [];
  const note = (warning: Error): void => void warnings.push(warning.name);
  process.on("warning", note);
  try {
    await work();
    // Warnings are told one after the other: when ours has come, those before it have.
    const last = once(process, "warning", { signal: AbortSignal.timeout(10_000) });
    process.emitWarning("the last one", "LastWarning");
    await last;
  } finally {
    process.off("warning", note);
  }
  return warnings.filter((name) => name !== "LastWarning");
}

/** A hundred at once. */
async function crowd(one: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: 100 }, one));
}

const secret = "whsec_test";
const payload = '{"id":"event_1","event":"x","data":{},"created_at":"2026-01-15T12:00:00.000Z"}';

function signed(): Record<string, string> {
  return { "workos-signature": sign({ payload, secret, timestampMs: Date.now() }) };
}

test("a hundred calls at once share one signal, and Node sees no leak in it", async () => {
  const server = await serve((_request, response) => json(response, listBody([])));
  const { signal } = new AbortController();
  const client = new DirectorySync({ apiKey: "sk_test", baseUrl: server.url, fetchSignal: signal });
  const calls = async (): Promise<void> => crowd(async () => client.directories.list({}, { signal }).page());
  expect(await warningsOf(calls)).toEqual([]);
});

test("a hundred webhooks at once share one signal too", async () => {
  const { signal } = new AbortController();
  const requests = async (): Promise<void> =>
    crowd(async () => {
      const request = new Request("http://localhost/", { method: "POST", headers: signed(), body: payload });
      return receive(request, { secret, signal });
    });
  expect(await warningsOf(requests)).toEqual([]);
});

test("a hundred webhooks of Node's own server share one signal too", async () => {
  const { signal } = new AbortController();
  const requests = async (): Promise<void> =>
    crowd(async () => {
      const server = {
        headers: signed(),
        async *[Symbol.asyncIterator]() {
          yield Buffer.from(payload);
        },
      };
      return receiveNode(server as never, { secret, signal });
    });
  expect(await warningsOf(requests)).toEqual([]);
});

test("(control) the warning is one that is seen", async () => {
  const { signal } = new AbortController();
  const listen = async (): Promise<void> => {
    for (let count = 0; count < 11; count += 1) signal.addEventListener("abort", () => count);
  };
  expect(await warningsOf(listen)).toEqual(["MaxListenersExceededWarning"]);
});

test("a signal that fires ends all the calls that share it, and none that have let go of it", async () => {
  const server = await serve(({ target }, response) => {
    if (target.endsWith("/quick"))
      json(response, { id: "quick", directory_id: "d", state: "active", created_at: "", updated_at: "" });
  });
  const controller = new AbortController();
  const { signal } = controller;
  const client = new DirectorySync({ apiKey: "sk_test", baseUrl: server.url });
  const calls = Array.from({ length: 20 }, async () => failure(client.users.get("slow", { signal })));
  await server.arrival(20);
  expect(await client.users.get("quick", { signal })).toMatchObject({ id: "quick" });
  controller.abort();
  for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: "aborted" });
});

test("a signal is left without a listener, also when its calls end in any order", async () => {
  const answers: (() => void)[] = [];
  const server = await serve((_request, response) => void answers.push(() => json(response, listBody([]))));
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners.add(args[1]);
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners.delete(args[1]);
    removeEventListener.apply(signal, args);
  };
  const client = new DirectorySync({ apiKey: "sk_test", baseUrl: server.url });
  const calls = Array.from({ length: 10 }, async () => client.directories.list({}, { signal }).page());
  await server.arrival(10);
  expect(listeners.size).toBe(1);
  for (const answer of answers.reverse()) answer();
  await Promise.all(calls);
  expect(listeners.size).toBe(0);
});
