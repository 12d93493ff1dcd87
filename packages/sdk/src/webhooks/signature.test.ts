import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ContractError, SignatureError } from "../errors.ts";
import { sign, verify, type VerifyOptions } from "./index.ts";
import { failureOf, reasonOf, subjects } from "./test-subjects.ts";

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
const header = `t=${nowMs}, v1=${hex}`;
const otherHex = "0".repeat(64);

/** Options that verify, with some of them changed. */
function claim(changes: object = {}): VerifyOptions {
  return { payload, header, secret, nowMs, ...changes };
}

test("HMAC of nothing with the key test_secret is the one the official SDK publishes", () => {
  const published = "f7f9bd47fb987337b5796fdc1fdb9ba221d0d5396814bfcaf9521f43fd8927fd";
  expect(createHmac("sha256", "test_secret").update("").digest("hex")).toBe(published);
});

test.each(vectors)("the published vector signs to the same header at once: $v1", (vector) => {
  const { body, secret: key, timestamp_ms: timestampMs } = vector;
  expect(sign({ payload: body, secret: key, timestampMs })).toBe(vector.header);
  expect(sign({ payload: new TextEncoder().encode(body), secret: key, timestampMs })).toBe(vector.header);
});

test("what is signed verifies at once, with the clock of this machine", () => {
  const fresh = sign({ payload, secret, timestampMs: Date.now() });
  expect(verify({ payload, header: fresh, secret }).id).toBe("event_1");
});

describe.each(subjects)("over %s", (_engine, { signedHeaders, verifyAsync, verifySignatureAsync }) => {
  const reasonFor = async (changes: object): Promise<string | undefined> =>
    reasonOf(async () => verifyAsync(claim(changes)));

  async function signed(body: string, timestampMs = nowMs, key = secret): Promise<string | undefined> {
    const headers = await signedHeaders({ payload: body, secret: key, timestampMs });
    return headers["workos-signature"];
  }

  test.each(vectors)("the published vector signs to the same header: $v1", async (vector) => {
    const { body, secret: key, timestamp_ms: timestampMs } = vector;
    const expected = { "workos-signature": vector.header };
    await expect(signedHeaders({ payload: body, secret: key, timestampMs })).resolves.toEqual(expected);
    const bytes = new TextEncoder().encode(body);
    await expect(signedHeaders({ payload: bytes, secret: key, timestampMs })).resolves.toEqual(expected);
  });

  test.each(vectors)(
    "the published vector verifies as text, as bytes and as a part of a buffer: $v1",
    async (vector) => {
      const options = { header: vector.header, secret: vector.secret, nowMs: vector.timestamp_ms };
      const expected: unknown = JSON.parse(vector.body);
      const padded = Buffer.from(`x${vector.body}x`);
      for (const body of [vector.body, Buffer.from(vector.body), new Uint8Array(padded).subarray(1, -1)]) {
        await expect(verifyAsync({ ...options, payload: body })).resolves.toEqual(expected);
      }
    },
  );

  test("whatever is signed verifies, and no other body, secret or time does", async () => {
    const text = fc.string({ unit: "grapheme" });
    await fc.assert(
      fc.asyncProperty(text, fc.string({ minLength: 1 }), fc.nat(), async (note, key, timestampMs) => {
        const body = JSON.stringify({ ...(JSON.parse(payload) as object), data: { note } });
        const value = (await signed(body, timestampMs, key)) ?? "";
        const options = { payload: body, header: value, secret: key, nowMs: timestampMs };
        expect((await verifyAsync(options)).data).toEqual({ note });
        await expect(verifyAsync({ ...options, payload: `${body} ` })).rejects.toThrow(SignatureError);
        await expect(verifyAsync({ ...options, secret: `${key}x` })).rejects.toThrow(SignatureError);
        await expect(verifyAsync({ ...options, header: value.replace("t=", "t=1") })).rejects.toThrow(SignatureError);
      }),
    );
  });

  test("a sample with any byte of its body or signature changed is refused", async () => {
    const bytes = Buffer.from(payload);
    for (const [index, byte] of bytes.entries()) {
      const tampered = Buffer.from(bytes);
      tampered[index] = byte ^ 1;
      expect(await reasonFor({ payload: tampered })).toBe("signature_mismatch");
    }
    for (const [index, digit] of [...hex].entries()) {
      const other = hex.slice(0, index) + (digit === "0" ? "1" : "0") + hex.slice(index + 1);
      expect(await reasonFor({ header: `t=${nowMs}, v1=${other}` })).toBe("signature_mismatch");
    }
  });

  test.each([0, 1, 40, 63])("a body cut to %i bytes is refused", async (length) => {
    expect(await reasonFor({ payload: payload.slice(0, length) })).toBe("signature_mismatch");
  });

  test.each([
    ["without spaces", `t=${nowMs},v1=${hex}`],
    ["with more spaces", `  t=${nowMs} ,\tv1=${hex}  `],
    ["the other way round", `v1=${hex}, t=${nowMs}`],
    ["with several signatures, the last of which is ours", `t=${nowMs}, v1=${otherHex}, v1=${hex}`],
    ["with several signatures, the first of which is ours", `t=${nowMs}, v1=${hex}, v1=${otherHex}`],
    ["with a scheme of later days", `t=${nowMs}, v2=abc, v1=${hex}`],
    ["in upper case hex", `t=${nowMs}, v1=${hex.toUpperCase()}`],
    ["in a list of one", [header]],
  ])("the header is taken %s", async (_name, value) => {
    expect(await reasonFor({ header: value })).toBeUndefined();
  });

  test.each([
    ["absent", undefined, "header_missing"],
    ["null", null, "header_missing"],
    ["empty", "", "header_missing"],
    ["words", "hello", "header_malformed"],
    ["only a time", `t=${nowMs}`, "header_malformed"],
    ["only a signature", `v1=${hex}`, "header_malformed"],
    ["only a signature of a version nobody knows", `t=${nowMs}, v0=${hex}`, "header_malformed"],
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
    ["a line break at the end", `t=${nowMs}, v1=${hex}\n`, "header_malformed"],
    ["a comma at the end", `t=${nowMs}, v1=${hex},`, "header_malformed"],
    ["a pair without a value", `t=${nowMs}, v1=${hex}, v2=`, "header_malformed"],
    ["semicolons", `t=${nowMs}; v1=${hex}`, "header_malformed"],
    ["spaces about the sign", `t = ${nowMs}, v1=${hex}`, "header_malformed"],
    ["endless", `t=${nowMs}, v1=${hex}${`, v1=${hex}`.repeat(80)}`, "header_malformed"],
    ["sent twice", [header, header], "header_malformed"],
    ["sent twice and joined by the server", `${header}, ${header}`, "header_malformed"],
    ["no text", 7, "header_malformed"],
  ] as const)("the header is refused when it is %s", async (_name, value, reason) => {
    expect(await reasonFor({ header: value })).toBe(reason);
  });

  test("several secrets are tried while one replaces another", async () => {
    expect(await reasonFor({ secret: ["whsec_new", secret] })).toBeUndefined();
    expect(await reasonFor({ secret: [secret, "whsec_old"] })).toBeUndefined();
    expect(await reasonFor({ secret: ["whsec_new", "whsec_newer"] })).toBe("signature_mismatch");
  });

  test("more secrets than are kept at hand verify all the same", async () => {
    const many = Array.from({ length: 80 }, (_, index) => `whsec_${index}`);
    expect(await reasonFor({ secret: [...many, secret] })).toBeUndefined();
    expect(await reasonFor({ secret: [secret, ...many] })).toBeUndefined();
    expect(await reasonFor({ secret: many })).toBe("signature_mismatch");
  });

  test.each([
    ["an empty text", ""],
    ["an empty list", []],
    ["a list with an empty text", [secret, ""]],
    ["nothing", undefined],
    ["null", null],
  ])("a secret that is %s is refused, for HMAC would take it", async (_name, bad) => {
    const forged = `t=${nowMs}, v1=${createHmac("sha256", "").update(`${nowMs}.${payload}`).digest("hex")}`;
    expect(await reasonFor({ secret: bad, header: forged })).toBe("secret_missing");
    const draft = { payload, secret: bad as string, timestampMs: nowMs };
    expect(await reasonOf(async () => signedHeaders(draft))).toBe("secret_missing");
  });

  test.each([
    ["text", "inspected", (error: unknown) => inspect(error, { depth: 9, showHidden: true })],
    ["JSON", "written as JSON", (error: unknown) => JSON.stringify({ error, ...(error as object) })],
    ["words", "read by a person", (error: unknown) => `${(error as Error).message} ${(error as Error).stack ?? ""}`],
  ])("secrets, bodies and signatures never enter an error: %s, %s", async (_kind, _how, show) => {
    const refusals = [
      { payload: `${payload} ` },
      { nowMs: nowMs + 1e9 },
      { header: `${header},` },
      { payload: {} },
      { secret: [secret, ""] },
    ];
    for (const changes of refusals) {
      const options = claim({ secret: [secret, "whsec_other"], ...changes });
      const shown = show(await failureOf(async () => verifyAsync(options)));
      expect(shown).toMatch(/signature_invalid|webhook/i);
      for (const hidden of [secret, "whsec_other", hex, "event_1"]) expect(shown).not.toContain(hidden);
    }
  });

  test.each([
    ["at the edge of the past", nowMs + 180_000, undefined],
    ["beyond it", nowMs + 180_001, "timestamp_too_old"],
    ["at the edge of the future", nowMs - 180_000, undefined],
    ["beyond it", nowMs - 180_001, "timestamp_in_future"],
    ["a day in the future", nowMs - 86_400_000, "timestamp_in_future"],
  ] as const)("time: %s, seen at %i", async (_name, seenMs, reason) => {
    expect(await reasonFor({ nowMs: seenMs })).toBe(reason);
  });

  test("a tolerance of zero allows nothing", async () => {
    expect(await reasonFor({ toleranceSeconds: 0 })).toBeUndefined();
    expect(await reasonFor({ toleranceSeconds: 0, nowMs: nowMs + 1 })).toBe("timestamp_too_old");
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])(
    "a tolerance of %d, which would allow all, is refused",
    async (bad) => {
      const failure = await failureOf(async () => verifyAsync(claim({ toleranceSeconds: bad })));
      expect(failure).toMatchObject({ name: "ConfigError", where: "toleranceSeconds" });
    },
  );

  test("a clock that is not a number refuses", async () => {
    expect(await reasonFor({ nowMs: Number.NaN })).toBe("timestamp_in_future");
  });

  test("a time in seconds is named as such", async () => {
    const inSeconds = await signed(payload, nowMs / 1000);
    const failure = await failureOf(async () => verifyAsync(claim({ header: inSeconds })));
    expect(failure).toMatchObject({ reason: "timestamp_too_old" });
    expect(failure).toHaveProperty("message", expect.stringMatching(/looks like seconds/));
  });

  test.each([1.5, -1, Number.NaN])("a time of %d cannot be signed", async (timestampMs) => {
    await expect(signed(payload, timestampMs)).rejects.toMatchObject({ where: "timestampMs" });
    expect(() => sign({ payload, secret, timestampMs })).toThrow("timestampMs");
  });

  test.each([
    ["a parsed object", JSON.parse(payload) as object],
    ["nothing", undefined],
    ["a number", 1],
    ["wider than bytes", new Uint16Array([0x7b7d])],
  ])("the body is refused when it is %s, and not written again", async (_name, body) => {
    expect(await reasonFor({ payload: body })).toBe("body_not_raw");
  });

  test("the body is not parsed before its signature is verified", async () => {
    expect(await reasonFor({ payload: "{" })).toBe("signature_mismatch");
  });

  test.each([
    ["not JSON", "{"],
    ["marked with its byte order", `\uFEFF${payload}`],
    ["no event", "[]"],
    ["an event without an id", '{"event":"x","data":{},"created_at":"x"}'],
  ])("a body that is rightly signed but %s is a ContractError without the body", async (_name, body) => {
    for (const form of [body, Buffer.from(body)]) {
      const options = claim({ payload: form, header: await signed(body) });
      const failure = await failureOf(async () => verifyAsync(options));
      expect(failure).toBeInstanceOf(ContractError);
      expect(failure).toMatchObject({ retryable: false });
      expect(await reasonOf(async () => verifySignatureAsync(options))).toBeUndefined();
    }
  });

  test("a body that is rightly signed but not UTF-8 is a ContractError", async () => {
    const broken = Buffer.from([...Buffer.from(payload).subarray(0, -2), 0xff, 0x7d]);
    const digest = createHmac("sha256", secret).update(`${nowMs}.`).update(broken).digest("hex");
    const options = claim({ payload: broken, header: `t=${nowMs}, v1=${digest}` });
    await expect(verifyAsync(options)).rejects.toThrow(ContractError);
  });

  test("the body may lack `object`, as the service's own do, and may name an unknown event", async () => {
    const body = '{"id":"e","event":"dsync.robot.built","data":{},"created_at":"2026-01-15","more":1}';
    const options = claim({ payload: body, header: await signed(body) });
    await expect(verifyAsync(options)).resolves.toEqual(JSON.parse(body));
  });
});
