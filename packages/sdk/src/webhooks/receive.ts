import type { DirectoryEvent } from "../contract/envelope.ts";
import type { SignatureScheme } from "./claim.ts";
import type { Engine } from "./engine.ts";
import type { HeaderSource } from "./headers.ts";
import { checkWhole } from "./whole-number.ts";
import { checkSize, notRaw, readBody, type BodyLimits, type BodySource } from "./raw-body.ts";
import { support } from "./refusal.ts";
import { beginVerification, endVerification, parseEvent, type Expectation } from "./signature.ts";

/** An event is some kilobytes; a page of a hundred of them would still fit. */
const bodyBytesMaxDefault = 1024 * 1024;

/** What a request is held against, and what it may cost. */
export interface ReceiveOptions extends Expectation {
  /** Default: told from the headers, which must then be of one scheme only. */
  readonly scheme?: SignatureScheme | undefined;
  /** Largest body that is read. Default 1 MiB. */
  readonly bodyBytesMax?: number | undefined;
  /** Stops waiting for the body. The server's own request timeout is the usual limit. */
  readonly signal?: AbortSignal | undefined;
}

/** Reads, verifies and parses the body of a web-standard request, in this order. */
export async function receiveWith(engine: Engine, request: Request, options: ReceiveOptions): Promise<DirectoryEvent> {
  const { headers } = request;
  return receiveFrom(engine, { headers, options }, async (limits) => {
    // A request of Node, which JavaScript lets through, has no such property.
    if (request.bodyUsed !== false) throw notRaw(alreadyRead);
    checkSize(Number(headers.get("content-length")), limits.bodyBytesMax);
    if (request.body === null) return new Uint8Array();
    return readBody(readerOf(request.body), limits);
  });
}

/** What is known before the body is. */
export interface Arrival {
  readonly headers: HeaderSource;
  readonly options: ReceiveOptions;
}

/** The order that `receive` and `receiveNode` share: headers and options, then the body, the signature, the event. */
export async function receiveFrom(
  engine: Engine,
  { headers, options }: Arrival,
  read: (limits: BodyLimits) => Promise<Uint8Array>,
): Promise<DirectoryEvent> {
  const { bodyBytesMax = bodyBytesMaxDefault, signal, ...expectation } = options;
  const facts: { headers: HeaderSource; payload?: Uint8Array } & Expectation = { ...expectation, headers };
  try {
    const verification = beginVerification(facts);
    facts.payload = await read({ bodyBytesMax: checkWhole(bodyBytesMax, "bodyBytesMax"), signal });
    await endVerification(engine, verification, facts.payload);
    return parseEvent(facts.payload);
  } catch (error) {
    support(error, facts);
    throw error;
  }
}

const alreadyRead = "it was read before. Receive it first, or a clone(). Node: receiveNode()";

function readerOf(body: NonNullable<Request["body"]>): BodySource {
  const reader = body.getReader();
  return { next: async () => reader.read(), cancel: async () => reader.cancel() };
}
