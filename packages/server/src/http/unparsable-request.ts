import { STATUS_CODES, type Server } from "node:http";
import type { Socket } from "node:net";
import { headerBytesMax } from "./limits.ts";

interface Refusal {
  readonly status: 400 | 408 | 413 | 431;
  readonly code: string;
  readonly message: string;
}

const malformed: Refusal = {
  status: 400,
  code: "malformed_request",
  message:
    "These bytes are no HTTP request. In its line and headers, characters beyond ASCII have to be percent-encoded (é is %C3%A9), and line ends are not allowed.",
};

/** By the codes of Node's parser and timer. */
const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: "head_too_large",
    message: `The request line and headers take more than ${String(headerBytesMax / 1024)} KiB. A long filter can be sent as a body, to /.search.`,
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    code: "body_too_large",
    message: "The chunks of the body carry too many extensions. Send it without any.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: "request_timeout",
    message: "The request took too long to arrive. Send it again.",
  },
};

/**
 * Answers what Node cannot read as a request and would refuse without a word. No path is known then, so the body is an error of
 * SCIM (RFC 7644 section 3.12) and of the API at once. The connection ends: where a next request would begin is not known either.
 */
export function answerUnparsable(server: Server): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    // Half of an answer that is under way would be followed by this one, as if it were its rest.
    if (socket.writable && !isAnswering(socket)) socket.write(answerOf(refusals[error.code ?? ""] ?? malformed));
    socket.destroySoon();
  });
}

/** As Node asks it where nobody else listens; there is no public name for it. */
function isAnswering(socket: Socket & { readonly _httpMessage?: { readonly headersSent: boolean } | null }): boolean {
  return socket._httpMessage?.headersSent === true;
}

function answerOf({ status, code, message }: Refusal): string {
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"];
  const body = JSON.stringify({ schemas, status: String(status), detail: message, code, message });
  return [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ""}`,
    "Content-Type: application/json",
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}
