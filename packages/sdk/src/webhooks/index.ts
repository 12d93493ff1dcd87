/**
 * Webhooks on Node and every runtime with node:crypto. `edge.ts` has the same names over WebCrypto; which of the two an
 * app gets is decided by the export conditions in package.json.
 */
import { setMaxListeners } from "node:events";
import type { DirectoryEvent } from "../contract/envelope.ts";
import { createNodeEngine } from "./node-engine.ts";
import { receiveNodeWith, type NodeRequest } from "./node.ts";
import { receiveWith, type ReceiveOptions } from "./receive.ts";
import { parseEvent, verifyLater, verifyNow, type VerifyOptions } from "./signature.ts";
import { signWith, type SignOptions } from "./sign.ts";

export type { DirectoryEvent, Envelope } from "../contract/envelope.ts";
export { ConfigError, ContractError, isDirsyncError, SignatureError, type SignatureReason } from "../errors.ts";
export type { SignatureScheme } from "./claim.ts";
export type { Payload } from "./engine.ts";
export type { HeaderValue } from "./header-value.ts";
export type { HeaderSource } from "./headers.ts";
export type { NodeRequest } from "./node.ts";
export type { ReceiveOptions } from "./receive.ts";
export type { Secrets } from "./secrets.ts";
export type { Expectation, SignatureSource, VerifyOptions } from "./signature.ts";
export type { SignOptions } from "./sign.ts";

const engine = /* @__PURE__ */ createNodeEngine();

/**
 * Receives a webhook in a web-standard handler (Next.js route handlers, Hono, SvelteKit, Workers): reads the body of
 * `request` up to a limit, verifies it and gives the event. Its envelope is checked, its `data` is not.
 * @throws SignatureError with the reason; the request must not be trusted. Answer 400.
 * @throws ContractError when a rightly signed body is not an event.
 * @throws ConfigError for an option that cannot be right.
 */
export async function receive(request: Request, options: ReceiveOptions): Promise<DirectoryEvent> {
  return receiveWith(engine, request, shareable(options));
}

/**
 * Receives a webhook from a request of node:http, Express or Fastify. Takes the raw body from `request.rawBody`, from
 * `request.body` when that is bytes or text, or from the request itself.
 * @throws SignatureError `body_not_raw` when a body parser has made it an object; otherwise as `receive`.
 */
export async function receiveNode(request: NodeRequest, options: ReceiveOptions): Promise<DirectoryEvent> {
  return receiveNodeWith(engine, request, shareable(options));
}

/**
 * Verifies a webhook at once and only then parses it. Needs node:crypto; `verifyAsync` runs everywhere.
 * @throws SignatureError with the reason; the body must not be trusted.
 * @throws ContractError when a rightly signed body is not an event.
 * @throws ConfigError for a tolerance that would switch the check of the time off.
 */
export function verify(options: VerifyOptions): DirectoryEvent {
  verifyNow(engine, options);
  return parseEvent(options.payload);
}

/** `verify`, on every runtime. */
export async function verifyAsync(options: VerifyOptions): Promise<DirectoryEvent> {
  await verifyLater(engine, options);
  return parseEvent(options.payload);
}

/**
 * Verifies the signature alone, for bodies that are no events, such as requests to Actions. Needs node:crypto.
 * @throws SignatureError with the reason; the body must not be trusted.
 * @throws ConfigError for a tolerance that would switch the check of the time off.
 */
export function verifySignature(options: VerifyOptions): void {
  verifyNow(engine, options);
}

/** `verifySignature`, on every runtime. */
export async function verifySignatureAsync(options: VerifyOptions): Promise<void> {
  await verifyLater(engine, options);
}

/**
 * The value of the `WorkOS-Signature` header. Needs node:crypto; `signedHeaders` of `@dirsync/sdk/webhooks/signing` runs everywhere.
 * @throws SignatureError `secret_missing`.
 * @throws ConfigError for a timestamp that is not whole milliseconds.
 */
export function sign(options: SignOptions): string {
  return signWith(engine, options);
}

/** Node warns of a leak at the eleventh listener of a signal, and one signal may end a hundred requests that are received at once. */
function shareable(options: ReceiveOptions): ReceiveOptions {
  if (options.signal !== undefined) setMaxListeners(0, options.signal);
  return options;
}
