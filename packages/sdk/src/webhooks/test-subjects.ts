import { SignatureError } from "../errors.ts";
import * as edge from "./edge.ts";
import * as node from "./index.ts";
import { createNodeEngine } from "./node-engine.ts";
import { signedHeadersWith, type SignedHeaders, type SignedHeadersOptions } from "./signed-headers.ts";
import { createWebEngine } from "./web-engine.ts";

/** What every engine offers; the functions that answer at once are offered as promises. */
export type Subject = Pick<typeof node, "receive" | "receiveNode" | "verifyAsync" | "verifySignatureAsync"> & {
  readonly signedHeaders: (options: SignedHeadersOptions) => Promise<SignedHeaders>;
};

/** node:crypto, told at once and by promise, and WebCrypto. */
const engines = { node: createNodeEngine(), web: createWebEngine() };

const atOnce: Subject = {
  ...node,
  signedHeaders: async (options) => signedHeadersWith(engines.node, options),
  verifyAsync: async (options) => node.verify(options),
  verifySignatureAsync: async (options) => node.verifySignature(options),
};

/** Every engine, by name. Each runs every test of webhooks. */
export const subjects: readonly (readonly [name: string, webhooks: Subject])[] = [
  ["node:crypto, at once", atOnce],
  ["node:crypto", { ...node, signedHeaders: async (options) => signedHeadersWith(engines.node, options) }],
  ["WebCrypto", { ...edge, signedHeaders: async (options) => signedHeadersWith(engines.web, options) }],
];

/** The refusal's reason; undefined when there is none. Anything but a refusal is thrown on. */
export async function reasonOf(act: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await act();
  } catch (error) {
    if (error instanceof SignatureError) return error.reason;
    throw error;
  }
  return undefined;
}

/** What `act` rejects with; undefined when it does not. */
export async function failureOf(act: () => Promise<unknown>): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  return undefined;
}
