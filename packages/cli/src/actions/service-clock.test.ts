import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLogger, systemRuntime } from "@dirsync/sdk";
import { expect, onTestFinished, test } from "vitest";
import { serviceNowMs } from "./service-clock.ts";

const theirs = Date.UTC(2026, 0, 31, 12, 0, 0);

async function serviceAt(date: string | null): Promise<string> {
  const server = createServer((_request, response) => {
    response.sendDate = false;
    if (date !== null) response.setHeader("date", date);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function clockAt(nowMs: number) {
  const warnings: string[] = [];
  const log = { ...silentLogger, warn: (_fields: object, message: string) => void warnings.push(message) };
  return { runtime: { ...systemRuntime, now: () => nowMs, log }, warnings };
}

test("a clock of ours that is ahead leaves no gap: the service's time counts", async () => {
  const { runtime, warnings } = clockAt(theirs + 300_000);
  await expect(serviceNowMs(await serviceAt("Sat, 31 Jan 2026 12:00:00 GMT"), runtime)).resolves.toBe(theirs);
  expect(warnings).toEqual([]);
});

test("of two clocks the earlier one counts: what comes twice can be borne, what never comes cannot", async () => {
  const { runtime } = clockAt(theirs - 300_000);
  const url = await serviceAt("Sat, 31 Jan 2026 12:00:00 GMT");
  await expect(serviceNowMs(url, runtime)).resolves.toBe(theirs - 300_000);
});

test.each([
  ["says nothing of the time", () => serviceAt(null)],
  ["says something that is no time", () => serviceAt("soon")],
  ["does not answer", () => Promise.resolve("http://127.0.0.1:9")],
])("a service that %s leaves us our own clock, and we say so", async (_name, url) => {
  const { runtime, warnings } = clockAt(theirs);
  await expect(serviceNowMs(await url(), runtime)).resolves.toBe(theirs);
  expect(warnings).toHaveLength(1);
});
