import type { DirectoryEvent } from "../contract/envelope.ts";
import { ConfigError } from "../errors.ts";
import type { SignatureScheme } from "./claim.ts";
import type { Engine } from "./engine.ts";
import type { HeaderSource } from "./headers.ts";
import { checkAnnouncedLength, readBody, type BodyLimits, type BodySource } from "./raw-body.ts";
import { refusal } from "./refusal.ts";
import { beginVerification, parseEvent, support, verifyLater, type Expectation } from "./signature.ts";

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
    checkAnnouncedLength(headers.get("content-length"), limits.bodyBytesMax);
    if (request.bodyUsed) throw refusal("body_not_raw", alreadyRead);
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
  read: (limits: BodyLimits) => Promise<Uint8Array | string>,
): Promise<DirectoryEvent> {
  const { bodyBytesMax = bodyBytesMaxDefault, signal, ...expectation } = options;
  checkBodyBytesMax(bodyBytesMax);
  const source = { ...expectation, headers };
  try {
    const begun = beginVerification(source);
    const payload = await read({ bodyBytesMax, signal });
    await verifyLater(engine, { ...source, payload }, begun);
    return parseEvent(engine, payload);
  } catch (error) {
    support(error, source);
    throw error;
  }
}

const alreadyRead =
  "The webhook's body has already been read. Call receive(request) before request.json() or request.text(), " +
  "or pass it request.clone().";

function readerOf(body: NonNullable<Request["body"]>): BodySource {
  const reader = body.getReader();
  return { next: async () => reader.read(), cancel: async () => reader.cancel() };
}

function checkBodyBytesMax(bodyBytesMax: number): void {
  if (Number.isFinite(bodyBytesMax) && bodyBytesMax >= 0) return;
  throw new ConfigError("bodyBytesMax must be a finite number of bytes, 0 or more.", { where: "bodyBytesMax" });
}
