import type { HttpRequest, Transport } from "../http/transport.ts";

// What fits into a packet or two does not arrive sooner for being smaller.
const plainCharactersMax = 16 * 1024;

/** A transport that packs large imports with gzip, as our server takes them: a request has only so long to arrive there. */
export function packedImports(transport: Transport): Transport {
  return async (request, signal) => await transport(isLargeImport(request) ? await packed(request) : request, signal);
}

function isLargeImport({ url, body = "" }: HttpRequest): boolean {
  return body.length > plainCharactersMax && /\/directories\/[^/?]+\/import$/.test(url);
}

async function packed(request: HttpRequest): Promise<HttpRequest> {
  const stream = new Blob([request.body as string]).stream().pipeThrough(new CompressionStream("gzip"));
  const body = new Uint8Array(await new Response(stream).arrayBuffer());
  return { ...request, headers: { ...request.headers, "content-encoding": "gzip" }, body };
}
