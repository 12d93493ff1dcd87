import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ScimEnv } from "../answers.ts";

/** The text of an answer, piece by piece. */
export type Pieces = AsyncGenerator<string>;

/** Status and headers of an answer made of pieces, and whether it is too large to hold as a whole. */
export interface PiecesOptions {
  readonly isLarge: boolean;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Answers with a document made of pieces. A large one is made as fast as the client reads it, so that neither its text nor its
 * making holds up anybody else; a failure in the middle of it cuts the connection, since the status is long sent.
 */
export async function answerPieces(
  context: Context<ScimEnv>,
  pieces: Pieces,
  { isLarge, status = 200, headers = {} }: PiecesOptions,
): Promise<Response> {
  const all = { ...headers, "Content-Type": "application/scim+json" };
  if (isLarge) return context.body(streamOf(pieces), status as ContentfulStatusCode, all);
  const text = await textOf(pieces);
  context.set("responseText", text);
  return context.body(text, status as ContentfulStatusCode, all);
}

/** A ListResponse around resources (RFC 7644 section 3.4.2). How many there were is said after them. */
export async function* listPieces(
  page: { readonly total: number; readonly startIndex: number; readonly nextCursor?: string },
  resources: AsyncIterable<Pieces>,
): Pieces {
  const head = {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults: page.total,
    startIndex: page.startIndex,
    ...(page.nextCursor === undefined ? {} : { nextCursor: page.nextCursor }),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"Resources":[`;
  let count = 0;
  for await (const resource of resources) {
    if (count > 0) yield ",";
    yield* resource;
    count += 1;
  }
  yield `],"itemsPerPage":${String(count)}}`;
}

async function textOf(pieces: Pieces): Promise<string> {
  let text = "";
  for await (const piece of pieces) text += piece;
  return text;
}

function streamOf(pieces: Pieces): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await pieces.next();
        if (next.done === true) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      cancel: async () => {
        await pieces.return(undefined);
      },
    },
    // Nothing is made before somebody reads it.
    { highWaterMark: 0 },
  );
}
