/** What networks, proxies and services do to an answer, each as a fault of `FaultProxy`. */
import { gzipSync } from "node:zlib";
import { answer, type Call, type Fault, halves, type Page, rewritten } from "../support/fault-proxy.ts";

/** A name and what happens. */
export type WireFault = readonly [name: string, fault: Fault];

const json = "content-type: application/json\r\n";

/** Writes exactly these bytes and ends the connection. */
function raw(write: (body: string) => string | Buffer): Fault {
  return async (call) => {
    const { body } = await call.real();
    call.response.socket?.end(write(body));
  };
}

/** Breaks the connection with a reset, after these bytes. */
function reset(write: (body: string) => string): Fault {
  return async (call) => {
    const { body } = await call.real();
    const { socket } = call.response;
    const head = write(body);
    if (head === "") socket?.resetAndDestroy();
    else socket?.write(head, () => socket.resetAndDestroy());
  };
}

/** The real answer, after something that may come before one. */
function after(before: string): Fault {
  return raw((body) => `${before}HTTP/1.1 200 OK\r\n${json}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function ok(headers: string, content: (body: string) => string | Buffer): Fault {
  return raw((body) => {
    const bytes = Buffer.from(content(body));
    const head = `HTTP/1.1 200 OK\r\n${json}${headers}content-length: ${bytes.length}\r\nconnection: close\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), bytes]);
  });
}

/** Another body in the place of the real one. */
const body = (text: string | Buffer): Fault => ok("", () => text);

async function late(call: Call): Promise<void> {
  const { body: content } = await call.real();
  call.response.writeHead(200, { "content-type": "application/json" });
  call.response.flushHeaders();
  // A few pieces with a pause of one turn each: whole in the end.
  for (let start = 0; start < content.length; start += 64) {
    call.response.write(content.slice(start, start + 64));
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
  call.response.end();
}

/** Takes the request, says nothing, and has forgotten the connection when somebody looks again. */
async function halfOpen({ response }: Call): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, 300);
  });
  response.socket?.resetAndDestroy();
}

const connection: readonly WireFault[] = [
  ["no answer, and a reset in the end", halfOpen],
  ["a reset before an answer", reset(() => "")],
  [
    "a reset after the headers",
    reset((content) => `HTTP/1.1 200 OK\r\n${json}content-length: ${content.length}\r\n\r\n`),
  ],
  [
    "a reset in the middle",
    reset((content) => `HTTP/1.1 200 OK\r\n${json}content-length: ${content.length}\r\n\r\n${content.slice(0, 20)}`),
  ],
  ["an end without an answer", raw(() => "")],
  ["an end within the headers", raw(() => "HTTP/1.1 200 OK\r\ncontent-ty")],
  ...Object.entries(halves),
  ["an answer in small pieces", late],
];

const protocol: readonly WireFault[] = [
  ["HTTP/1.0, ended by the connection", raw((content) => `HTTP/1.0 200 OK\r\n${json}\r\n${content}`)],
  ["100 before the answer", after("HTTP/1.1 100 Continue\r\n\r\n")],
  ["103 before the answer", after("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n")],
  ["103 and no answer", raw(() => "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n")],
  ["no HTTP at all", raw(() => "220 mail.example.com ESMTP\r\n")],
  ["another version of HTTP", raw(() => "HTTP/9.9 200 OK\r\n\r\n{}")],
  [
    "a size of a chunk that is none",
    raw(() => `HTTP/1.1 200 OK\r\n${json}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`),
  ],
  ["two lengths", raw(() => `HTTP/1.1 200 OK\r\n${json}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`)],
  [
    "a length and chunks",
    raw(() => `HTTP/1.1 200 OK\r\n${json}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`),
  ],
  [
    "a length that is too short",
    raw(
      (content) => `HTTP/1.1 200 OK\r\n${json}content-length: 30\r\nconnection: close\r\n\r\n${content.slice(0, 30)}`,
    ),
  ],
  ["a header that is too long", raw(() => `HTTP/1.1 200 OK\r\n${json}x-long: ${"x".repeat(200_000)}\r\n\r\n{}`)],
  ["too many headers", raw(() => `HTTP/1.1 200 OK\r\n${json}${"x-more: y\r\n".repeat(20_000)}\r\n{}`)],
  ["a line feed in a header", raw(() => `HTTP/1.1 200 OK\r\nx: a\nb\r\n\r\n{}`)],
];

const coding: readonly WireFault[] = [
  ["gzip that is none", ok("content-encoding: gzip\r\n", (content) => content)],
  ["gzip that is cut off", ok("content-encoding: gzip\r\n", (content) => gzipSync(content).subarray(0, 30))],
  ["gzip of far too much", ok("content-encoding: gzip\r\n", () => gzipSync(Buffer.alloc(100 * 1024 * 1024, 32)))],
  ["a coding that nobody asked for", ok("content-encoding: snappy\r\n", (content) => content)],
  ["bytes that are no text", body(Buffer.from([0xff, 0xfe, 0x00, 0x80]))],
  ["nothing", body("")],
  ["JSON of great depth", body(`{"object":"list","data":${"[".repeat(200_000)}${"]".repeat(200_000)}}`)],
];

const statuses: readonly WireFault[] = [
  ...[204, 205, 206, 408, 425, 429, 500, 502, 503, 504, 507, 520, 599].map(status),
  ["503 for a second", answer(503, "{}", { "retry-after": "1" })],
  [
    "429 until a date",
    (call) => answer(429, "{}", { "retry-after": new Date(Date.now() + 1_000).toUTCString() })(call),
  ],
  ["429 until whenever", answer(429, "{}", { "retry-after": "soon" })],
];

/** A person may have to mend these, so that the next try comes after five seconds or more. */
const lasting: readonly WireFault[] = [304, 301, 307, 401, 403, 405, 409, 418, 451, 501].map(status);

/** These may be about the position, which takes a second look, ten seconds later. */
const refusals: readonly WireFault[] = [400, 404, 410, 422].map(status);

function status(code: number): WireFault {
  const moved = code === 301 || code === 307 ? { location: "http://127.0.0.1:9/elsewhere" } : {};
  return [String(code), answer(code, code < 400 ? "" : '{"message":"No."}', moved)];
}

/** A page that is changed where it has events, and is the real one where it has none. */
function changedPage(change: (page: Page) => unknown): Fault {
  return rewritten((page) => (page.data.length === 0 ? page : change(page)));
}

const pages: readonly WireFault[] = [
  ["a page to sign in", answer(200, "<html>Sign in</html>", { "content-type": "text/html" })],
  ...["null", "[]", '"events"', "7", "{}"].map((text): WireFault => [`${text} for a page`, body(text)]),
  ["events that are a number", rewritten((page) => ({ ...page, data: 7 }))],
  ["events that are numbers", rewritten((page) => ({ ...page, data: [1, 2] }))],
  ["no metadata", rewritten(({ data }) => ({ object: "list", data }))],
  ["an event without an id", changedPage((page) => ({ ...page, data: page.data.map(({ id: _id, ...rest }) => rest) }))],
  [
    "an id that is no text",
    changedPage((page) => ({ ...page, data: page.data.map((event) => ({ ...event, id: 7 })) })),
  ],
  [
    "an id that is too long",
    changedPage((page) => ({ ...page, data: page.data.map((event) => ({ ...event, id: "x".repeat(5_000) })) })),
  ],
  [
    "data that is no object",
    changedPage((page) => ({ ...page, data: page.data.map((event) => ({ ...event, data: "x" })) })),
  ],
  ["an event twice", changedPage((page) => ({ ...page, data: [...page.data, ...page.data.slice(-1)] }))],
  ["no events, and more to come", rewritten((page) => ({ ...page, data: [] }))],
  [
    "no events, and the end",
    rewritten((page) => ({ ...page, data: [], list_metadata: { before: null, after: null } })),
  ],
  [
    "a page that leads in a circle",
    rewritten((page) => ({ ...page, data: [], list_metadata: { before: null, after: "circle" } })),
  ],
  ["the log from its beginning", fromBeginning],
];

async function fromBeginning(call: Call): Promise<void> {
  const url = new URL(call.url);
  url.searchParams.delete("after");
  const { status: code, body: content } = await call.real(url);
  await answer(code, content)(call);
}

/** Every fault, by where it comes from. */
export const wireFaults: Readonly<Record<string, readonly WireFault[]>> = {
  connection,
  protocol,
  coding,
  statuses,
  lasting,
  refusals,
  pages,
};
