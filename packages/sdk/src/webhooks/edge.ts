/**
 * Webhooks over WebCrypto, for edge runtimes, Deno and browsers: the names of `index.ts`, which is for Node. Which of
 * the two an app gets is decided by the export conditions in package.json.
 */
import type { DirectoryEvent } from "../contract/envelope.ts";
import { ConfigError } from "../errors.ts";
import { receiveNodeWith, type NodeRequest } from "./node.ts";
import { receiveWith, type ReceiveOptions } from "./receive.ts";
import { parseEvent, verifyLater, type VerifyOptions } from "./signature.ts";
import type { SignOptions } from "./sign.ts";
import { createWebEngine } from "./web-engine.ts";

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

const engine = /* @__PURE__ */ createWebEngine();

/**
 * Receives a webhook in a web-standard handler (Next.js route handlers, Hono, SvelteKit, Workers): reads the body of
 * `request` up to a limit, verifies it and gives the event. Its envelope is checked, its `data` is not.
 * @throws SignatureError with the reason; the request must not be trusted. Answer 400.
 * @throws ContractError when a rightly signed body is not an event.
 * @throws ConfigError for an option that cannot be right.
 */
export async function receive(request: Request, options: ReceiveOptions): Promise<DirectoryEvent> {
  return receiveWith(engine, request, options);
}

/**
 * Receives a webhook from a request of node:http, Express or Fastify. Takes the raw body from `request.rawBody`, from
 * `request.body` when that is bytes or text, or from the request itself.
 * @throws SignatureError `body_not_raw` when a body parser has made it an object; otherwise as `receive`.
 */
export async function receiveNode(request: NodeRequest, options: ReceiveOptions): Promise<DirectoryEvent> {
  return receiveNodeWith(engine, request, options);
}

/**
 * Always throws here: WebCrypto gives promises only. Use `await verifyAsync(options)` or `await receive(request, options)`.
 * @throws ConfigError always.
 */
export function verify(_options: VerifyOptions): DirectoryEvent {
  return unavailable("verifyAsync()");
}

/** Verifies a webhook and only then parses it; rejects as `receive` does. */
export async function verifyAsync(options: VerifyOptions): Promise<DirectoryEvent> {
  await verifyLater(engine, options);
  return parseEvent(options.payload);
}

/**
 * Always throws here: WebCrypto gives promises only. Use `await verifySignatureAsync(options)`.
 * @throws ConfigError always.
 */
export function verifySignature(_options: VerifyOptions): void {
  unavailable("verifySignatureAsync()");
}

/**
 * Verifies the signature alone, for bodies that are no events, such as requests to Actions.
 * @throws SignatureError with the reason; the body must not be trusted.
 * @throws ConfigError for a tolerance that would switch the check of the time off.
 */
export async function verifySignatureAsync(options: VerifyOptions): Promise<void> {
  await verifyLater(engine, options);
}

/**
 * Always throws here: WebCrypto gives promises only. Use `await signedHeaders(options)` of `@dirsync/sdk/webhooks/signing`.
 * @throws ConfigError always.
 */
export function sign(_options: SignOptions): string {
  return unavailable("signedHeaders() of webhooks/signing");
}

function unavailable(instead: string): never {
  throw new ConfigError(`This runtime has no node:crypto. Use await ${instead}.`, { where: "node:crypto" });
}
