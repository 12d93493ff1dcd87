import type { Context } from "hono";
import type { RequestVariables } from "./services.ts";

/** Answers 200 with JSON that is bytes already. */
export function bytesAnswer(
  context: Context<{ Variables: RequestVariables }>,
  bytes: Uint8Array<ArrayBuffer>,
): Response {
  // With all its headers at once: one that is set later makes an object of them, out of which they are taken again to be sent.
  context.set("isNamed", true);
  const headers = { "Content-Type": "application/json", "X-Request-ID": context.get("requestId") };
  return new Response(bytes, { headers });
}
