import { expect, test } from "vitest";
import { DirectorySync } from "./client.ts";
import { followSignal } from "./follow-signal.ts";
import { failure } from "./http/test-calls.ts";
import { json, listBody, serve } from "./http/test-server.ts";
import { receive, sign } from "./webhooks/index.ts";

/** The warnings of this process while `work` runs. */
async function warningsOf(work: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.name);
  process.on("warning", onWarning);
  await work();
  // Warnings are told in a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", onWarning);
  return warnings;
}

test("a hundred calls at once may share one signal, and Node sees no leak in it", async () => {
  const server = await serve((_request, response) => json(response, listBody([])));
  const { signal } = new AbortController();
  const client = new DirectorySync({ apiKey: "sk_test", baseUrl: server.url, fetchSignal: signal });
  const calls = async () =>
    Promise.all(Array.from({ length: 100 }, async () => client.directories.list({}, { signal }).page()));
  expect(await warningsOf(calls)).toEqual([]);
});

test("a hundred webhooks at once may share one signal too", async () => {
  const payload = '{"id":"event_1","event":"x","data":{},"created_at":"2026-01-15T12:00:00.000Z"}';
  const secret = "whsec_test";
  const { signal } = new AbortController();
  const receiveOne = async () => {
    const headers = { "workos-signature": sign({ payload, secret, timestampMs: Date.now() }) };
    return receive(new Request("http://localhost/", { method: "POST", headers, body: payload }), { secret, signal });
  };
  expect(await warningsOf(async () => Promise.all(Array.from({ length: 100 }, receiveOne)))).toEqual([]);
});

test("(control) the warning is one that is seen", async () => {
  const { signal } = new AbortController();
  const listen = async () => {
    for (let count = 0; count < 11; count += 1) signal.addEventListener("abort", () => count);
  };
  expect(await warningsOf(listen)).toEqual(["MaxListenersExceededWarning"]);
});

test("every follower is told, those that let go are not, and the signal is left without a listener", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const told: string[] = [];
  const tell = (name: string) => followSignal(signal, () => void told.push(name));
  const releases = ["a", "b", "c"].map(tell);
  releases[1]?.();
  releases[1]?.();
  controller.abort();
  expect(told).toEqual(["a", "c"]);
  for (const release of releases) release();
  const again = new AbortController();
  followSignal(again.signal, () => void told.push("d"))();
  again.abort();
  expect(told).toEqual(["a", "c"]);
});

test("a signal that fires ends all the calls that share it", async () => {
  const server = await serve(() => undefined);
  const controller = new AbortController();
  const client = new DirectorySync({ apiKey: "sk_test", baseUrl: server.url });
  const calls = Array.from({ length: 20 }, async () => failure(client.users.get("u", { signal: controller.signal })));
  await server.arrival(20);
  controller.abort();
  for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: "aborted" });
});
