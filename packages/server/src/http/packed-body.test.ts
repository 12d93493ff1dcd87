import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { BodyError } from "./limits.ts";
import { readPackedJson } from "./packed-body.ts";

const bytesMax = 64 * 1024;
const said = { people: [{ userName: "ann@acme.test", title: "ü" }] };
const text = JSON.stringify(said);

function request(body: Uint8Array | string | ReadableStream, encoding?: string): Request {
  const headers = encoding === undefined ? {} : { "Content-Encoding": encoding };
  return new Request("http://x.test/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
}

/** A body that comes in pieces, and tells how many of them were taken. */
function inPieces(piece: Uint8Array, count: number) {
  const taken = { count: 0 };
  const body = new ReadableStream({
    pull: (controller) => {
      if (taken.count === count) controller.close();
      else controller.enqueue(piece);
      taken.count += 1;
    },
  });
  return { body, taken };
}

async function failureOf(reading: Promise<unknown>): Promise<string> {
  return await reading.then(
    () => "none",
    (error: unknown) => (error instanceof BodyError ? error.code : String(error)),
  );
}

describe("a body", () => {
  test.each([
    ["as it is", text, undefined],
    ["as it is, and says so", text, "identity"],
    ["packed", gzipSync(text), "gzip"],
    ["packed, by another name", gzipSync(text), " X-GZIP "],
    [
      "packed in two parts (RFC 1952 section 2.2)",
      Buffer.concat([gzipSync(text.slice(0, 9)), gzipSync(text.slice(9))]),
      "gzip",
    ],
    ["of exactly the limit", gzipSync(`"${"x".repeat(bytesMax - 2)}"`), "gzip"],
  ])("%s is read", async (_name, body, encoding) => {
    const read = await readPackedJson(request(body, encoding), bytesMax);
    expect([said, "x".repeat(bytesMax - 2)]).toContainEqual(read);
  });

  test.each<readonly [string, Uint8Array | string, string, string]>([
    ["one byte over the limit", gzipSync(`"${"x".repeat(bytesMax - 1)}"`), "gzip", "too_large"],
    ["a hundred megabytes of nothing", gzipSync(Buffer.alloc(100 * 1024 * 1024, 32)), "gzip", "too_large"],
    ["packed twice", gzipSync(gzipSync(text)), "gzip", "malformed"],
    ["no gzip", text, "gzip", "malformed"],
    ["half of one", gzipSync(text).subarray(0, 30), "gzip", "malformed"],
    ["a gzip of no JSON", gzipSync("{"), "gzip", "malformed"],
    ["a gzip of no text", gzipSync(Buffer.from([0xff, 0xfe])), "gzip", "malformed"],
    ["a gzip of nothing", gzipSync(""), "gzip", "missing"],
    ["a gzip of nothing but brackets", gzipSync("[".repeat(1_000)), "gzip", "too_deep"],
    ["empty", "", "gzip", "malformed"],
    ["in another encoding", gzipSync(text), "br", "unknown_encoding"],
    ["in two encodings", gzipSync(text), "gzip, gzip", "unknown_encoding"],
  ])("%s is refused", async (_name, body, encoding, code) => {
    expect(await failureOf(readPackedJson(request(body, encoding), bytesMax))).toBe(code);
  });

  test("is not taken further than to where it is known to be too large, packed or not", async () => {
    // Of nothing, and without an end: what is packed has a limit, too.
    const empty = inPieces(gzipSync(""), 1_000_000);
    expect(await failureOf(readPackedJson(request(empty.body, "gzip"), bytesMax))).toBe("too_large");
    expect(empty.taken.count).toBeLessThan((2 * bytesMax) / 20);
    const bomb = inPieces(gzipSync(Buffer.alloc(bytesMax, 32)), 1_000);
    expect(await failureOf(readPackedJson(request(bomb.body, "gzip"), bytesMax))).toBe("too_large");
    expect(bomb.taken.count).toBeLessThan(500);
  });

  test("whose sender goes away is cut", async () => {
    const body = new ReadableStream({
      pull: (controller) => {
        controller.error(new Error("gone"));
      },
    });
    expect(await failureOf(readPackedJson(request(body, "gzip"), bytesMax))).toBe("cut");
  });
});
