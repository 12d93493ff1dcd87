import type { DirectoryEvent } from "../contract/envelope.ts";
import { isBytes, type Engine, type Payload } from "./engine.ts";
import { checkAnnouncedLength, checkLength, readBody, type BodyLimits, type BodySource } from "./raw-body.ts";
import { receiveFrom, type ReceiveOptions } from "./receive.ts";
import { refusal } from "./refusal.ts";

/**
 * A request of node:http, Express, Fastify and what is built like them. Described by its parts, so that this package
 * needs the types of none of them.
 */
export interface NodeRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The raw bytes, where a platform keeps them beside the parsed body (Google Cloud Functions, NestJS, plugins). */
  readonly rawBody?: unknown;
  /** What a body parser left: bytes from `express.raw()`, an object from `express.json()`. */
  readonly body?: unknown;
  /** Fastify keeps the request of Node here. */
  readonly raw?: unknown;
}

/** Takes the raw body from where the framework has it, verifies and parses it. */
export async function receiveNodeWith(
  engine: Engine,
  request: NodeRequest,
  options: ReceiveOptions,
): Promise<DirectoryEvent> {
  const { headers } = request;
  return receiveFrom(engine, { headers, options }, async (limits) => rawBodyOf(request, limits));
}

async function rawBodyOf(request: NodeRequest, limits: BodyLimits): Promise<Payload> {
  for (const kept of [request.rawBody, request.body]) {
    if (typeof kept === "string" || isBytes(kept)) return checkLength(kept, limits.bodyBytesMax);
  }
  const stream = isUnread(request) ? request : request.raw;
  // Express 4 sets `body` to {} without reading, so whether the stream was read decides, not whether there is a body.
  if (!isUnread(stream)) throw refusal("body_not_raw", parserAdvice(request.body));
  checkAnnouncedLength(request.headers["content-length"], limits.bodyBytesMax);
  return readBody(piecesOf(stream), limits);
}

type UnreadStream = AsyncIterable<unknown> & { readonly destroy?: () => unknown };

function isUnread(value: unknown): value is UnreadStream {
  if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value)) return false;
  return !isTrue(value, "readableDidRead") && !isTrue(value, "readableEnded");
}

function isTrue(stream: object, name: string): boolean {
  return (stream as Readonly<Record<string, unknown>>)[name] === true;
}

function piecesOf(stream: UnreadStream): BodySource {
  const pieces = stream[Symbol.asyncIterator]();
  // Destroying closes the connection: nobody waits for the rest of a bad body.
  return { next: async () => pieces.next(), cancel: () => stream.destroy?.() };
}

function parserAdvice(body: unknown): string {
  const state =
    typeof body === "object" && body !== null ? "a body parser has made it an object" : "it was read before";
  return (
    `The webhook's raw body is gone: ${state}, and signatures are over bytes. ` +
    'Express: mount express.raw({ type: "application/json" }) on this route, before any express.json(). ' +
    'Fastify: addContentTypeParser("application/json", { parseAs: "buffer" }, (_request, body, done) => done(null, body)). ' +
    "Next.js pages: export const config = { api: { bodyParser: false } }. Elsewhere: set request.rawBody to the bytes."
  );
}
