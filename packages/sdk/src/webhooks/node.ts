import type { DirectoryEvent } from "../contract/envelope.ts";
import { toBytes, type Engine } from "./engine.ts";
import { checkSize, notRaw, readBody, type BodyLimits, type BodySource } from "./raw-body.ts";
import { receiveFrom, type ReceiveOptions } from "./receive.ts";

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

async function rawBodyOf(request: NodeRequest, limits: BodyLimits): Promise<Uint8Array> {
  for (const kept of [request.rawBody, request.body]) {
    const bytes = toBytes(kept);
    if (bytes === null) continue;
    checkSize(bytes.length, limits.bodyBytesMax);
    return bytes;
  }
  const stream = isUnread(request) ? request : request.raw;
  // Express 4 sets `body` to {} without reading, so whether the stream was read decides, not whether there is a body.
  if (!isUnread(stream)) throw notRaw(parserAdvice);
  checkSize(Number(request.headers["content-length"]), limits.bodyBytesMax);
  return readBody(piecesOf(stream), limits);
}

interface UnreadStream extends AsyncIterable<unknown> {
  readonly readableDidRead?: false;
  readonly readableEnded?: false;
  readonly destroy?: () => unknown;
}

function isUnread(value: unknown): value is UnreadStream {
  const stream = value as Partial<Record<keyof UnreadStream, unknown>> | null | undefined;
  return (
    stream?.[Symbol.asyncIterator] !== undefined && stream.readableDidRead !== true && stream.readableEnded !== true
  );
}

function piecesOf(stream: UnreadStream): BodySource {
  const pieces = stream[Symbol.asyncIterator]();
  // Destroying closes the connection: nobody waits for the rest of a bad body.
  return { next: async () => pieces.next(), cancel: () => stream.destroy?.() };
}

const parserAdvice =
  'a body parser has read it. Express: express.raw({ type: "*/*" }) on this route, before express.json(). ' +
  'Fastify: addContentTypeParser with parseAs: "buffer". Next.js pages: bodyParser: false';
