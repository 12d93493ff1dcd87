import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { type ClientLimits, listen } from "./listener.ts";

/*
 * The limits of a listener, short enough to wait for. That a thousand of such clients do not hold up anybody else is shown with
 * a whole server in test/fault/slow-clients.test.ts.
 */

const generous: ClientLimits = { requestMs: 60_000, stallMs: 60_000, checkEveryMs: 20, connectionsMax: 1_000 };

/** Megabytes, so that no buffer between us takes all of it. */
const long = "x".repeat(8_000_000);

async function open(limits: Partial<ClientLimits>): Promise<URL> {
  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname === "/late") await sleep(300);
    return new Response(pathname === "/long" ? long : await request.text());
  };
  const listener = await listen({ port: 0, host: "127.0.0.1" }, answer, { ...generous, ...limits });
  onTestFinished(() => listener.stop());
  return new URL(listener.url);
}

async function say({ port }: URL, text: string): Promise<Socket> {
  const socket = connect(Number(port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  socket.write(text);
  return socket;
}

function closed(socket: Socket): Promise<string> {
  socket.resume();
  if (socket.closed) return Promise.resolve("closed");
  return new Promise((resolve) => socket.once("close", () => resolve("closed")));
}

const head = "POST / HTTP/1.1\r\nHost: x\r\n";

test.each([
  ["nothing", ""],
  ["half of a head", head],
  ["half of a body", `${head}Content-Length: 10\r\n\r\n12345`],
])("a client that says %s is cut off after its limit", async (_name, text) => {
  const url = await open({ requestMs: 100 });
  expect(await closed(await say(url, text))).toBe("closed");
});

test("a client that takes nothing of its answer is cut off, and one that takes some now and then is not", async () => {
  // Long enough that a machine with other things to do is not taken for a client that sleeps.
  const url = await open({ stallMs: 1_000 });
  const asleep = await say(url, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
  asleep.pause();
  // It learns of it when it wakes up: what was sent before stays to be read.
  const slow = await say(url, "GET /long HTTP/1.1\r\nHost: x\r\n\r\n");
  let taken = 0;
  slow.on("data", ({ length }: Buffer) => {
    taken += length;
    slow.pause();
    setTimeout(() => slow.resume(), 2);
  });
  await expect.poll(() => taken, { timeout: 50_000 }).toBeGreaterThan(long.length);
  await sleep(2_500);
  let got = 0;
  asleep.on("data", ({ length }: Buffer) => void (got += length));
  await closed(asleep);
  expect(got).toBeLessThan(long.length);
});

test("a client that waits for us, and not we for it, is not cut off", async () => {
  const url = await open({ requestMs: 50, stallMs: 50 });
  expect(await (await fetch(new URL("/late", url), { method: "POST", body: "here" })).text()).toBe("here");
});

test("beyond the most connections, who has waited longest makes room, and whoever asks is answered", async () => {
  const url = await open({ connectionsMax: 10 });
  const first = await say(url, head);
  const others = await Promise.all(Array.from({ length: 9 }, () => say(url, head)));
  expect(await (await fetch(url, { method: "POST", body: "served" })).text()).toBe("served");
  expect(await closed(first)).toBe("closed");
  expect(others.filter(({ closed: isClosed }) => isClosed)).toEqual([]);
});
