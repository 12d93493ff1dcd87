import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SignatureError } from "../errors.ts";
import type { Claim } from "./claim.ts";
import { readClaim, type HeaderSource } from "./headers.ts";
import { failureOf, reasonOf, subjects } from "./test-subjects.ts";

/** Secret and message of the example in the specification of Standard Webhooks, under "Signature scheme". */
const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const specified = {
  payload: '{"test": 2432232314}',
  headers: {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  },
  secret,
  nowMs: 1_614_265_330_000,
};

const nowMs = 1_768_478_400_000;
const payload = '{"id":"event_1","event":"x","data":{},"created_at":"2026-01-15T12:00:00.000Z"}';
const standard = standardHeaders(secret);
const workos = { "workos-signature": workosValue(secret) };
const valid = { payload, headers: standard, secret, nowMs };
const signature = standard["webhook-signature"];
const otherSignature = `v1,${Buffer.alloc(32).toString("base64")}`;

function standardHeaders(key: string) {
  const base64 = createHmac("sha256", Buffer.from(key.slice(6), "base64"))
    .update(`msg_1.${nowMs / 1000}.${payload}`)
    .digest("base64");
  return { "webhook-id": "msg_1", "webhook-timestamp": `${nowMs / 1000}`, "webhook-signature": `v1,${base64}` };
}

function workosValue(key: string): string {
  return `t=${nowMs}, v1=${createHmac("sha256", key).update(`${nowMs}.${payload}`).digest("hex")}`;
}

describe.each(subjects)("over %s", (_engine, { signedHeaders, verifyAsync, verifySignatureAsync }) => {
  const reasonFor = async (changes: object): Promise<string | undefined> =>
    reasonOf(async () => verifyAsync({ ...valid, ...changes }));

  test("the example in the specification verifies", async () => {
    await expect(verifySignatureAsync(specified)).resolves.toBeUndefined();
    const other = { ...specified, payload: '{"test":2432232314}' };
    await expect(verifySignatureAsync(other)).rejects.toMatchObject({ reason: "signature_mismatch" });
  });

  test("what is signed with Standard Webhooks verifies, with one signature for each secret", async () => {
    const newer = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const headers = await signedHeaders({
      scheme: "standard",
      id: "event_1",
      payload,
      secret: [newer, secret],
      timestampMs: nowMs + 999,
    });
    expect(headers).toMatchObject({ "webhook-id": "event_1", "webhook-timestamp": `${nowMs / 1000}` });
    expect(headers["webhook-signature"]).toMatch(/^v1,\S{44} v1,\S{44}$/);
    expect(await reasonFor({ headers, secret })).toBeUndefined();
    expect(await reasonFor({ headers, secret: newer })).toBeUndefined();
    expect(await reasonFor({ headers, secret: `whsec_${Buffer.alloc(32, 8).toString("base64")}` })).toBe(
      "signature_mismatch",
    );
  });

  test.each(["", "with space", "with,comma", "é", "x".repeat(257)])("the id %j cannot be signed", async (id) => {
    const draft = { scheme: "standard", id, payload, secret, timestampMs: nowMs } as const;
    await expect(signedHeaders(draft)).rejects.toMatchObject({ name: "ConfigError", where: "id" });
  });

  test.each([
    ["of a web request", new Headers(standard)],
    ["of Node", { host: "a", ...standard, "set-cookie": ["a", "b"] }],
    [
      "of a platform that keeps their case",
      Object.fromEntries(Object.entries(standard).map(([k, v]) => [k.toUpperCase(), v])),
    ],
    ["of WorkOS, of a web request", new Headers(workos)],
    ["of WorkOS, in their own case", { "WorkOS-Signature": workos["workos-signature"] }],
    ["with several signatures", { ...standard, "webhook-signature": `${otherSignature} ${signature}` }],
    ["with a signature of a later version beside", { ...standard, "webhook-signature": `v2,abc= ${signature}` }],
    ["with an asymmetric signature beside", { ...standard, "webhook-signature": `v1a,abc= ${signature}` }],
    ["each in a list of one", Object.fromEntries(Object.entries(standard).map(([k, v]) => [k, [v]]))],
  ])("headers are taken %s", async (_name, headers) => {
    expect(await reasonFor({ headers })).toBeUndefined();
  });

  test.each<[name: string, headers: HeaderSource, reason: string]>([
    ["none", {}, "header_missing"],
    ["none of them, of a web request", new Headers({ host: "a" }), "header_missing"],
    ["without an id", { ...standard, "webhook-id": undefined }, "header_missing"],
    ["without a time", { ...standard, "webhook-timestamp": undefined }, "header_missing"],
    ["without a signature", { ...standard, "webhook-signature": undefined }, "header_missing"],
    ["with an empty signature", { ...standard, "webhook-signature": "" }, "header_missing"],
    [
      "of both schemes, with a signature of one empty",
      { ...workos, ...standard, "webhook-signature": "" },
      "header_ambiguous",
    ],
    ["of one scheme and a part of the other", { ...workos, "webhook-id": "msg_1" }, "header_ambiguous"],
    ["of one scheme and an empty part of the other", { ...standard, "workos-signature": "" }, "header_ambiguous"],
    ["an id sent twice", { ...standard, "webhook-id": ["msg_1", "msg_1"] }, "header_malformed"],
    ["an id sent twice and joined", { ...standard, "webhook-id": "msg_1, msg_1" }, "header_malformed"],
    ["an id in two spellings", { ...standard, "Webhook-Id": "msg_1" }, "header_malformed"],
    ["an endless id", { ...standard, "webhook-id": "m".repeat(257) }, "header_malformed"],
    ["a time with a fraction", { ...standard, "webhook-timestamp": `${nowMs / 1000}.0` }, "header_malformed"],
    ["a time with a tail", { ...standard, "webhook-timestamp": `${nowMs / 1000}abc` }, "header_malformed"],
    ["an endless time", { ...standard, "webhook-timestamp": "1".repeat(14) }, "header_malformed"],
    ["a time joined from two", { ...standard, "webhook-timestamp": `${nowMs / 1000}, 1` }, "header_malformed"],
    ["text before a signature", { ...standard, "webhook-signature": `x${signature}` }, "header_malformed"],
    ["a version without a number", { ...standard, "webhook-signature": `${signature} v,abc` }, "header_malformed"],
    ["a version without a signature", { ...standard, "webhook-signature": `${signature} v2,` }, "header_malformed"],
    ["a bare signature", { ...standard, "webhook-signature": signature.slice(3) }, "header_malformed"],
    [
      "a signature of another version",
      { ...standard, "webhook-signature": `v2${signature.slice(2)}` },
      "header_malformed",
    ],
    [
      "signatures joined from two headers",
      { ...standard, "webhook-signature": `${signature}, ${signature}` },
      "header_malformed",
    ],
    ["two spaces between", { ...standard, "webhook-signature": `${signature}  ${signature}` }, "header_malformed"],
    ["no padding", { ...standard, "webhook-signature": signature.slice(0, -1) }, "header_malformed"],
    ["a tail", { ...standard, "webhook-signature": `${signature}abc` }, "header_malformed"],
    [
      "none at all, which API Gateway writes as null",
      // It is JavaScript that reads what API Gateway writes.
      null as unknown as HeaderSource,
      "header_missing",
    ],
    [
      "base64 that is written twice",
      { ...standard, "webhook-signature": "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=" },
      "header_malformed",
    ],
  ])("headers are refused: %s", async (_name, headers, reason) => {
    expect(await reasonFor({ headers })).toBe(reason);
  });

  test("who says which scheme counts is not asked about the other, well-formed or not", async () => {
    const both = { ...standard, ...workos };
    expect(await reasonFor({ headers: both, scheme: "workos" })).toBeUndefined();
    expect(await reasonFor({ headers: both, scheme: "standard" })).toBeUndefined();
    expect(await reasonFor({ headers: { ...both, "workos-signature": "x" }, scheme: "standard" })).toBeUndefined();
    expect(await reasonFor({ headers: { ...both, "webhook-id": ["1", "2"] }, scheme: "workos" })).toBeUndefined();
    expect(await reasonFor({ headers: standard, scheme: "workos" })).toBe("header_missing");
    expect(await reasonFor({ headers: workos, scheme: "standard" })).toBe("header_missing");
  });

  test("signed whole in both schemes it verifies by that of WorkOS, and the other cannot make up for it", async () => {
    const both = { ...standard, ...workos };
    expect(await reasonFor({ headers: both })).toBeUndefined();
    expect(await reasonFor({ headers: new Headers(both) })).toBeUndefined();
    expect(await reasonFor({ headers: both, secret: "whsec_of_somebody" })).toBe("signature_mismatch");
    const forged = { ...both, "workos-signature": workosValue("whsec_of_somebody") };
    expect(await reasonFor({ headers: forged })).toBe("signature_mismatch");
    expect(await reasonFor({ headers: { ...both, "workos-signature": "x" } })).toBe("header_malformed");
  });

  test("a signature of one scheme never passes for one of the other", async () => {
    const hex = /v1=(\w+)/.exec(workos["workos-signature"])?.[1] ?? "";
    const asStandard = { ...standard, "webhook-signature": `v1,${Buffer.from(hex, "hex").toString("base64")}` };
    expect(await reasonFor({ headers: asStandard })).toBe("signature_mismatch");
    const asHex = Buffer.from(signature.slice(3), "base64").toString("hex");
    expect(await reasonFor({ headers: { "workos-signature": `t=${nowMs}, v1=${asHex}` } })).toBe("signature_mismatch");
  });

  test("a header of Standard Webhooks that was not signed does not pass", async () => {
    expect(await reasonFor({ headers: { ...standard, "webhook-id": "msg_2" } })).toBe("signature_mismatch");
    const later = { ...standard, "webhook-timestamp": `${nowMs / 1000 + 1}` };
    expect(await reasonFor({ headers: later })).toBe("signature_mismatch");
    expect(await reasonFor({ nowMs: nowMs + 180_001 })).toBe("timestamp_too_old");
    expect(await reasonFor({ nowMs: nowMs - 180_001 })).toBe("timestamp_in_future");
  });

  test.each([
    "whsec_",
    "whsec_not/base64!",
    "whsec_0FWAiVGkEfGBqqsJH4aNAGBJ4",
    "whsec_a",
    `whsec_ab ${secret.slice(8)}`,
  ])("the secret %s, which is no base64, is unsuitable alone and left out beside another", async (bad) => {
    expect(await reasonFor({ secret: bad })).toBe("secret_unsuitable");
    expect(await reasonFor({ secret: [bad, secret] })).toBeUndefined();
  });

  test("a secret may have every character of base64", async () => {
    const every = `whsec_${Buffer.alloc(24, 0xfb).toString("base64")}`;
    expect(every).toMatch(/\+.*\//);
    expect(await reasonFor({ headers: standardHeaders(every), secret: every })).toBeUndefined();
  });

  test("a secret may come without its prefix and without padding", async () => {
    expect(await reasonFor({ secret: secret.slice(6) })).toBeUndefined();
    const padded = `whsec_${Buffer.alloc(25, 7).toString("base64")}`;
    const headers = standardHeaders(padded);
    expect(await reasonFor({ headers, secret: padded })).toBeUndefined();
    expect(await reasonFor({ headers, secret: padded.replaceAll("=", "") })).toBeUndefined();
  });

  test("secrets never enter an error about secrets", async () => {
    const failure = await failureOf(async () => verifyAsync({ ...valid, secret: "whsec_hidden!" }));
    expect(JSON.stringify([failure, (failure as Error).message])).not.toContain("hidden");
  });
});

describe("whatever the headers hold, they are read rightly or refused", () => {
  const piece = fc.constantFrom(
    "t",
    "v1",
    "=",
    ",",
    ", ",
    " ",
    "1",
    "a".repeat(64),
    "v1a",
    "\t",
    "v0",
    ";",
    "\n",
    signature,
  );
  const anyValue = fc.oneof(
    fc.string(),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    fc.constantFrom(`${nowMs}`, workos["workos-signature"], signature, "msg_1"),
  );

  test("those of WorkOS", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(["read", "refused"]).toContain(fateOf({ "workos-signature": value }, /^\d{1,15}\.$/, /^[\da-f]{64}$/i));
      }),
      { numRuns: 5_000 },
    );
  });

  test("those of Standard Webhooks", () => {
    fc.assert(
      fc.property(anyValue, anyValue, anyValue, (id, time, list) => {
        const headers = { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": list };
        expect(["read", "refused"]).toContain(fateOf(headers, /^[^\s,]{1,256}\.\d{1,13}\.$/, /^[\w+/]{43}=$/));
      }),
      { numRuns: 5_000 },
    );
  });

  function fateOf(headers: HeaderSource, prefixForm: RegExp, signatureForm: RegExp): string {
    let claim: Claim;
    try {
      claim = readClaim(headers, undefined);
    } catch (error) {
      return error instanceof SignatureError ? "refused" : "broken";
    }
    const isWhole = prefixForm.test(claim.prefix) && claim.signatures.every((text) => signatureForm.test(text));
    return isWhole && claim.signatures.length > 0 && Number.isSafeInteger(claim.timestampMs) ? "read" : "misread";
  }
});
