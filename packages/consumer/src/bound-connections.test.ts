import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { boundConnections } from "./bound-connections.ts";

/** A server that takes two connections and answers nothing by itself. */
async function serverOfTwo(): Promise<{ server: Server; open: () => Promise<Socket>; responses: ServerResponse[] }> {
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    responses.push(response);
  });
  boundConnections(server, 2);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const open = async (): Promise<Socket> => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => undefined);
    const arrived = once(server, "connection");
    await Promise.all([once(socket, "connect"), arrived]);
    return socket;
  };
  return { server, open, responses };
}

/** Sends a request and waits until the server has it. */
async function ask(server: Server, socket: Socket, text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"): Promise<void> {
  const arrived = once(server, "request");
  socket.write(text);
  await arrived;
}

test("of too many connections on which nobody speaks, the one that has waited longest makes room", async () => {
  const { server, open } = await serverOfTwo();
  const [first, second] = [await open(), await open()];
  const third = await open();
  await once(first, "close");
  await ask(server, third);
  expect([second.closed, third.closed]).toEqual([false, false]);
});

test("a request that has arrived is answered; whoever has sent only a part of one makes room", async () => {
  const { server, open, responses } = await serverOfTwo();
  const whole = await open();
  await ask(server, whole);
  const half = await open();
  await ask(server, half, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab");
  const third = await open();
  await once(half, "close");
  responses[0]?.end("answer");
  const [answer] = (await once(whole, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 200/);
  expect(third.closed).toBe(false);
});

test("where there are only requests that have arrived, the newest connection is refused", async () => {
  const { server, open } = await serverOfTwo();
  const two = [await open(), await open()];
  for (const socket of two) await ask(server, socket);
  const third = await open();
  await once(third, "close");
  expect(two.map(({ closed }) => closed)).toEqual([false, false]);
});

test("who has been answered waits behind those that wait already", async () => {
  const { server, open, responses } = await serverOfTwo();
  const [answered, silent] = [await open(), await open()];
  await ask(server, answered);
  responses[0]?.end();
  await once(answered, "data");
  const third = await open();
  await once(silent, "close");
  await ask(server, answered);
  await ask(server, third);
  expect([answered.closed, third.closed]).toEqual([false, false]);
});
