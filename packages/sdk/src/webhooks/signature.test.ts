import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ContractError, SignatureError, type SignatureReason } from "../errors.ts";
import { parseHeader, sign, verify, type VerifyOptions } from "./signature.ts";

interface Vector {
  readonly secret: string;
  readonly timestamp_ms: number;
  readonly body: string;
  readonly v1: string;
  readonly header: string;
}

/** Made for this project and checked with constructEvent of @workos-inc/node 10.9.0; see fixtures/README.md. */
const vectors = JSON.parse(
  readFileSync(new URL("fixtures/signature-vectors.json", import.meta.url), "utf8"),
) as readonly Vector[];

const secret = "whsec_test_0123456789";
const nowMs = 1_768_478_400_000;
const payload =
  '{"id":"event_1","event":"dsync.user.created","data":{"id":"u"},"created_at":"2026-01-15T12:00:00.000Z"}';
const hex = createHmac("sha256", secret).update(`${nowMs}.${payload}`).digest("hex");
const otherHex = "0".repeat(64);

function verifying(changes: Partial<VerifyOptions> = {}): unknown {
  return verify({ payload, header: `t=${nowMs}, v1=${hex}`, secret, nowMs, ...changes });
}

function refusal(changes: Partial<VerifyOptions>): unknown {
  try {
    verifying(changes);
  } catch (error) {
    return error;
  }
  return undefined;
}

function reasonOf(changes: Partial<VerifyOptions>): SignatureReason | undefined {
  const error = refusal(changes);
  if (error === undefined) return undefined;
  expect(error).toBeInstanceOf(SignatureError);
  expect(error).toMatchObject({ code: "signature_invalid", retryable: false });
  return (error as SignatureError).reason;
}

function fateOf(header: string): string {
  try {
    const { timestamp, signatures } = parseHeader(header);
    const whole = /^\d{1,15}$/.test(timestamp) && signatures.every(({ length }) => length === 32);
    return whole && signatures.length > 0 ? "read" : "misread";
  } catch (error) {
    return error instanceof SignatureError ? "refused" : "broken";
  }
}

describe("the published vectors", () => {
  test.each(vectors)("sign to the same header: $v1", (vector) => {
    const { body, secret: key, timestamp_ms: timestampMs } = vector;
    expect(sign({ payload: body, secret: key, timestampMs })).toBe(vector.header);
    expect(sign({ payload: new TextEncoder().encode(body), secret: key, timestampMs })).toBe(vector.header);
  });

  test.each(vectors)("verify as text and as bytes: $v1", (vector) => {
    const options = { header: vector.header, secret: vector.secret, nowMs: vector.timestamp_ms };
    const expected: unknown = JSON.parse(vector.body);
    expect(verify({ ...options, payload: vector.body })).toEqual(expected);
    expect(verify({ ...options, payload: Buffer.from(vector.body) })).toEqual(expected);
  });

  test("HMAC of nothing with the key test_secret is the one the official SDK publishes", () => {
    const published = "f7f9bd47fb987337b5796fdc1fdb9ba221d0d5396814bfcaf9521f43fd8927fd";
    expect(createHmac("sha256", "test_secret").update("").digest("hex")).toBe(published);
  });
});

describe("what is signed verifies", () => {
  test("at once, with the clock of this machine", () => {
    const header = sign({ payload, secret, timestampMs: Date.now() });
    expect(verify({ payload, header, secret }).id).toBe("event_1");
  });

  test("whatever the text, and no other body, secret or time does", () => {
    const text = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(text, fc.string({ minLength: 1 }), fc.nat(), (note, key, timestampMs) => {
        const body = JSON.stringify({ ...(JSON.parse(payload) as object), data: { note } });
        const header = sign({ payload: body, secret: key, timestampMs });
        const options = { payload: body, header, secret: key, nowMs: timestampMs };
        expect(verify(options).data).toEqual({ note });
        expect(() => verify({ ...options, payload: `${body} ` })).toThrow(SignatureError);
        expect(() => verify({ ...options, secret: `${key}x` })).toThrow(SignatureError);
        expect(() => verify({ ...options, header: header.replace("t=", "t=1") })).toThrow(SignatureError);
      }),
    );
  });
});

describe("the header", () => {
  test.each([
    ["without spaces", `t=${nowMs},v1=${hex}`],
    ["with more spaces", `  t=${nowMs} ,\tv1=${hex}  `],
    ["the other way round", `v1=${hex}, t=${nowMs}`],
    ["with several signatures, the last of which is ours", `t=${nowMs}, v1=${otherHex}, v1=${hex}`],
    ["with several signatures, the first of which is ours", `t=${nowMs}, v1=${hex}, v1=${otherHex}`],
    ["with a scheme of later days", `t=${nowMs}, v2=abc, v1=${hex}`],
    ["in upper case hex", `t=${nowMs}, v1=${hex.toUpperCase()}`],
    ["in a list of one", [`t=${nowMs}, v1=${hex}`]],
  ])("is taken %s", (_name, header) => {
    expect(reasonOf({ header })).toBeUndefined();
  });

  test.each([
    ["absent", undefined, "header_missing"],
    ["null", null, "header_missing"],
    ["empty", "", "header_missing"],
    ["words", "hello", "header_malformed"],
    ["only a time", `t=${nowMs}`, "header_malformed"],
    ["only a signature", `v1=${hex}`, "header_malformed"],
    ["two times", `t=${nowMs}, t=${nowMs}, v1=${hex}`, "header_malformed"],
    ["a time that is not a number", `t=abc, v1=${hex}`, "header_malformed"],
    ["a time with a tail", `t=${nowMs}abc, v1=${hex}`, "header_malformed"],
    ["a time with a sign", `t=+${nowMs}, v1=${hex}`, "header_malformed"],
    ["a time in exponents", `t=1e12, v1=${hex}`, "header_malformed"],
    ["no time", `t=, v1=${hex}`, "header_malformed"],
    ["NaN", `t=NaN, v1=${hex}`, "header_malformed"],
    ["an endless time", `t=${"9".repeat(16)}, v1=${hex}`, "header_malformed"],
    ["a short signature", `t=${nowMs}, v1=${hex.slice(2)}`, "header_malformed"],
    ["a long signature", `t=${nowMs}, v1=${hex}00`, "header_malformed"],
    ["a signature that is not hex", `t=${nowMs}, v1=${"g".repeat(64)}`, "header_malformed"],
    ["one good and one bad signature", `t=${nowMs}, v1=${hex}, v1=zz`, "header_malformed"],
    ["a comma at the end", `t=${nowMs}, v1=${hex},`, "header_malformed"],
    ["semicolons", `t=${nowMs}; v1=${hex}`, "header_malformed"],
    ["spaces about the sign", `t = ${nowMs}, v1=${hex}`, "header_malformed"],
    ["endless", `t=${nowMs}, v1=${hex}${`, v1=${hex}`.repeat(80)}`, "header_malformed"],
    ["sent twice", [`t=${nowMs}, v1=${hex}`, `t=${nowMs}, v1=${hex}`], "header_malformed"],
    ["no text", 7 as unknown as string, "header_malformed"],
  ] as const)("is refused when it is %s", (_name, header, reason) => {
    expect(reasonOf({ header })).toBe(reason);
  });

  test("is read or refused, whatever it holds", () => {
    const piece = fc.constantFrom("t", "v1", "=", ",", " ", "1", hex, String(nowMs), "\t", "v0", ";");
    const anyHeader = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    );
    fc.assert(
      fc.property(anyHeader, (header) => {
        expect(["read", "refused"]).toContain(fateOf(header));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("secrets", () => {
  test("several are tried while one replaces another", () => {
    expect(reasonOf({ secret: ["whsec_new", secret] })).toBeUndefined();
    expect(reasonOf({ secret: [secret, "whsec_old"] })).toBeUndefined();
    expect(reasonOf({ secret: ["whsec_new", "whsec_newer"] })).toBe("signature_mismatch");
  });

  test.each([
    ["an empty text", ""],
    ["an empty list", []],
    ["a list with an empty text", [secret, ""]],
    ["nothing", undefined as unknown as string],
    ["null", null as unknown as string],
  ])("%s is refused, for HMAC would take it", (_name, bad) => {
    const header = `t=${nowMs}, v1=${createHmac("sha256", "").update(`${nowMs}.${payload}`).digest("hex")}`;
    expect(reasonOf({ secret: bad, header })).toBe("secret_missing");
    expect(() => sign({ payload, secret: bad as string, timestampMs: nowMs })).toThrow(SignatureError);
  });

  test("bodies and signatures never enter an error", () => {
    const shown = inspect(refusal({ payload: `${payload} `, secret: [secret, "whsec_other"] }), { depth: 9 });
    for (const hidden of [secret, "whsec_other", hex, "event_1"]) expect(shown).not.toContain(hidden);
  });
});

describe("time", () => {
  test.each([
    ["at the edge of the past", nowMs + 180_000, undefined],
    ["beyond it", nowMs + 180_001, "timestamp_too_old"],
    ["at the edge of the future", nowMs - 180_000, undefined],
    ["beyond it", nowMs - 180_001, "timestamp_in_future"],
    ["a day in the future", nowMs - 86_400_000, "timestamp_in_future"],
  ] as const)("%s: seen at %i", (_name, seenMs, reason) => {
    expect(reasonOf({ nowMs: seenMs })).toBe(reason);
  });

  test("a tolerance of zero allows nothing", () => {
    expect(reasonOf({ toleranceSeconds: 0 })).toBeUndefined();
    expect(reasonOf({ toleranceSeconds: 0, nowMs: nowMs + 1 })).toBe("timestamp_too_old");
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])(
    "a tolerance of %d, which would allow all, is refused",
    (bad) => {
      expect(refusal({ toleranceSeconds: bad })).toMatchObject({ name: "ConfigError", where: "toleranceSeconds" });
    },
  );

  test("in seconds is named as such", () => {
    const header = sign({ payload, secret, timestampMs: nowMs / 1000 });
    expect(refusal({ header })).toMatchObject({ reason: "timestamp_too_old" });
    expect(refusal({ header })).toHaveProperty("message", expect.stringMatching(/looks like seconds/));
  });

  test.each([1.5, -1, Number.NaN])("%d cannot be signed", (timestampMs) => {
    expect(() => sign({ payload, secret, timestampMs })).toThrow(expect.objectContaining({ where: "timestampMs" }));
  });
});

describe("the body", () => {
  test.each([
    ["a parsed object", JSON.parse(payload) as string],
    ["nothing", undefined as unknown as string],
    ["a number", 1 as unknown as string],
  ])("is refused when it is %s, and not written again", (_name, body) => {
    expect(reasonOf({ payload: body })).toBe("body_not_raw");
  });

  test("is not parsed before its signature is verified", () => {
    expect(reasonOf({ payload: "{" })).toBe("signature_mismatch");
  });

  test.each([
    ["not JSON", "{"],
    ["not UTF-8", Buffer.from([0x7b, 0xff])],
    ["no event", "[]"],
    ["an event without an id", '{"event":"x","data":{},"created_at":"x"}'],
  ])("that is rightly signed but %s is a ContractError without the body", (_name, body) => {
    const error = refusal({ payload: body, header: sign({ payload: body, secret, timestampMs: nowMs }) });
    expect(error).toBeInstanceOf(ContractError);
    expect(error).toMatchObject({ retryable: false });
  });

  test("may lack `object`, as the service's own webhooks do, and may name an unknown event", () => {
    const body = '{"id":"e","event":"dsync.robot.built","data":{},"created_at":"2026-01-15","more":1}';
    expect(verifying({ payload: body, header: sign({ payload: body, secret, timestampMs: nowMs }) })).toEqual(
      JSON.parse(body),
    );
  });
});
