import { createHmac } from "node:crypto";
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SignatureError } from "../errors.ts";
import { explain, type FailureInputs } from "./explain.ts";
import { receive, receiveNode, sign, verify } from "./index.ts";
import { signedHeaders } from "./signing.ts";
import { failureOf } from "./test-subjects.ts";

const secret = "whsec_dGhpcyBpcyBhIHRlc3Qgc2VjcmV0";
const nowMs = 1_768_478_400_000;
const event = { id: "event_1", event: "x", data: { name: "Zoë 😀", url: "a/b", list: [1, {}] }, created_at: "2026" };
const payload = JSON.stringify(event);
const header = signed(payload);
const hex = header.slice(-64);
const standard = await signedHeaders({ scheme: "standard", id: "event_1", payload, secret, timestampMs: nowMs });

function signed(body: string, key: string | Buffer = secret, timestampMs = nowMs): string {
  return `t=${timestampMs}, v1=${createHmac("sha256", key).update(`${timestampMs}.${body}`).digest("hex")}`;
}

async function* cutBody(): AsyncGenerator<Buffer> {
  yield Buffer.from("{");
  await Promise.reject(new Error("gone"));
}

async function causesOf(changes: FailureInputs, otherSecrets: Record<string, string> = {}): Promise<string[]> {
  const { findings } = await explain({ payload, header, secret, nowMs, ...changes }, { otherSecrets });
  return findings.map(({ cause }) => cause);
}

describe("a failed signature is explained by its inputs", () => {
  const python = '{"id": "event_1", "event": "x", "data": {"a": "Zo\\u00eb"}, "created_at": "2026"}';
  const php = '{"id":"event_1","event":"x","data":{"a":"b\\/c \\u00eb"},"created_at":"2026"}';
  const rewrittenPhp = JSON.stringify(JSON.parse(php));
  const multiline = '{\n"id":"event_1"\n}\n';
  const standardKey = Buffer.from(secret.slice(6), "base64");

  test.each<[name: string, inputs: FailureInputs, causes: string[], words: RegExp]>([
    ["nothing is wrong", {}, ["nothing"], /verifies/],
    ["nothing is wrong with its bytes", { payload: Buffer.from(payload) }, ["nothing"], /verifies/],

    ["no secret", { secret: undefined }, ["secret_missing", "unexplained"], /environment variable/],
    ["an empty secret", { secret: "" }, ["secret_missing", "unexplained"], /environment variable/],
    ["nothing but spaces for a secret", { secret: " " }, ["unexplained"], /otherSecrets/],
    ["nothing but a prefix for a secret", { secret: "whsec_" }, ["unexplained"], /otherSecrets/],
    ["a secret with a line break", { secret: `${secret}\n` }, ["secret_mangled"], /line breaks or quotes around it/],
    ["a secret in quotes", { secret: `"${secret}"` }, ["secret_mangled"], /quotes/],
    ["a secret without its prefix", { secret: secret.slice(6) }, ["secret_mangled"], /prefix whsec_ is missing/],
    ["a secret with a prefix too much", { header: signed(payload, secret.slice(6)) }, ["secret_mangled"], /none of it/],
    ["one of several", { secret: ["whsec_b", ` ${secret}`] }, ["secret_mangled"], /Secret 2 of 2/],
    ["a key of the other scheme", { header: signed(payload, standardKey) }, ["secret_mangled"], /other scheme/],
    ["a wrong secret", { secret: "whsec_b" }, ["unexplained"], /otherSecrets/],

    [
      "a body that was pretty",
      { header: signed(JSON.stringify(event, null, 2)) },
      ["body_changed"],
      /parsed and written/,
    ],
    ["a body made pretty", { payload: JSON.stringify(event, null, 2) }, ["body_changed"], /parsed and written/],
    [
      "a body of Python",
      { header: signed(python), payload: JSON.stringify(JSON.parse(python)) },
      ["body_changed"],
      /again/,
    ],
    ["a body of PHP", { header: signed(php), payload: rewrittenPhp }, ["body_changed"], /again/],
    ["a body with escapes", { payload: payload.replace("ë", "\\u00eb") }, ["body_changed"], /again/],
    ["a body with a line break more", { payload: `${payload}\n` }, ["body_changed"], /added around it/],
    ["a body with a line break less", { header: signed(`${payload}\n`) }, ["body_changed"], /at its end was taken/],
    [
      "a body with other line breaks",
      { header: signed(multiline), payload: multiline.replaceAll("\n", "\r\n") },
      ["body_changed"],
      /line breaks were changed/,
    ],
    [
      "a body with fewer line breaks",
      { header: signed(multiline.replaceAll("\n", "\r\n")), payload: multiline },
      ["body_changed"],
      /line breaks were changed/,
    ],
    ["a body with a byte order mark", { payload: `\uFEFF${payload}` }, ["body_changed"], /byte order mark/],
    ["a body read as Latin-1", { payload: Buffer.from(payload).toString("latin1") }, ["body_changed"], /Latin-1/],
    [
      "a body in base64, as API gateways pass it",
      { payload: Buffer.from(payload).toString("base64") },
      ["body_changed"],
      /base64/,
    ],
    ["a body inside a JSON text", { payload: JSON.stringify(payload) }, ["body_changed"], /inside JSON/],
    ["a body that ends in the middle", { payload: payload.slice(0, -9) }, ["body_truncated"], /JSON stops/],
    ["a body that ends in a text", { payload: payload.slice(0, 8) }, ["body_truncated"], /JSON stops/],
    ["a parsed body", { payload: event }, ["body_parsed"], /Secret, header and content are right/],
    ["another parsed body", { payload: { ...event, id: "event_2" } }, ["body_parsed"], /cannot be told/],
    ["a forgery", { payload: payload.replace("event_1", "event_2") }, ["unexplained"], /forgery/],

    [
      "seconds",
      { header: signed(payload, secret, nowMs / 1000) },
      ["time_in_wrong_unit"],
      /in seconds; .* milliseconds/,
    ],
    ["a replay", { nowMs: nowMs + 240_000 }, ["signed_long_ago"], /240 s before/],
    ["an old replay", { nowMs: nowMs + 90_000_000 }, ["signed_long_ago"], /25\.0 h before/],
    ["a clock that is behind", { nowMs: nowMs - 500_000 }, ["signed_in_future"], /500 s after/],
    ["a wider tolerance", { nowMs: nowMs - 500_000, toleranceSeconds: 600 }, ["nothing"], /verifies/],
    [
      "a body signed alone",
      { header: `t=${nowMs}, v1=${createHmac("sha256", secret).update(payload).digest("hex")}` },
      ["time_not_signed"],
      /body alone/,
    ],

    ["no header", { header: undefined }, ["header_missing"], /no webhook, or a proxy/],
    [
      "a header renamed",
      { header: undefined, headers: { "X-WorkOS-Signature": header } },
      ["header_missing"],
      /X-WorkOS-Signature: a proxy/,
    ],
    [
      "a header of others",
      { header: undefined, headers: new Headers({ "stripe-signature": "t=1" }) },
      ["header_missing"],
      /stripe-signature.* another service/,
    ],
    [
      "headers of one scheme and an empty one of the other",
      { header: undefined, headers: { ...standard, "workos-signature": "" } },
      ["schemes_mixed"],
      /Pass `scheme`/,
    ],
    ["a header in quotes", { header: `"${header}"` }, ["header_mangled"], /quotes/],
    ["a header with a line break", { header: `${header}\r\n` }, ["header_mangled"], /line breaks/],
    ["a header percent-encoded", { header: encodeURIComponent(header) }, ["header_mangled"], /percent-encoded/],
    ["a header with its name", { header: `WorkOS-Signature: ${header}` }, ["header_mangled"], /its name/],
    ["a header with semicolons", { header: header.replace(",", ";") }, ["header_mangled"], /semicolons/],
    ["a header twice", { header: [header, header] }, ["header_mangled"], /changed on its way/],
    ["a header twice in one", { header: `${header}, ${header}` }, ["header_mangled"], /written twice/],
    ["a header in upper case", { header: header.toUpperCase() }, ["header_mangled"], /upper case/],
    ["a header with spaces", { header: header.replaceAll("=", " = ") }, ["header_mangled"], /spaces were put into it/],
    ["a header damaged twice", { header: `"${header.replace(",", ";")}"` }, ["header_mangled"], /several ways/],
    ["a cut header", { header: header.slice(0, -10) }, ["header_mangled"], /54 hexadecimal digits instead of 64/],
    ["a header of words", { header: "hello" }, ["header_mangled"], /cannot be read/],
    [
      "a mangled header and a wrong secret",
      { header: `"${header}"`, secret: "b" },
      ["header_mangled", "unexplained"],
      /quotes.*No secret given/,
    ],
    ["headers without a body", { payload: undefined }, ["unexplained"], /without the body/],

    ["Standard Webhooks in order", { header: undefined, headers: standard }, ["nothing"], /verifies/],
    [
      "Standard Webhooks with a line break",
      { header: undefined, headers: standard, secret: `${secret}\n` },
      ["secret_mangled"],
      /line breaks/,
    ],
    [
      "Standard Webhooks with a secret as text",
      { header: undefined, headers: standardOf(nowMs / 1000, secret) },
      ["secret_mangled"],
      /other scheme/,
    ],
    [
      "Standard Webhooks in milliseconds",
      { header: undefined, headers: standardOf(nowMs, standardKey) },
      ["time_in_wrong_unit"],
      /in milliseconds; .* seconds/,
    ],
    [
      "Standard Webhooks in quotes",
      { header: undefined, headers: { ...standard, "webhook-timestamp": `"${nowMs / 1000}"` } },
      ["header_mangled"],
      /quotes/,
    ],
  ])("%s", async (_name, inputs, causes, words) => {
    expect(await causesOf(inputs)).toEqual(causes);
    expect((await explain({ payload, header, secret, nowMs, ...inputs })).message).toMatch(words);
  });

  test("a secret of another endpoint is called by its name", async () => {
    const others = { staging: "whsec_c", "acme production": secret };
    expect(await causesOf({ secret: "whsec_b" }, others)).toEqual(["secret_of_another"]);
    const { message } = await explain({ payload, header, secret: "whsec_b", nowMs }, { otherSecrets: others });
    expect(message).toContain("acme production");
    expect(message).not.toContain("staging");
  });

  test("a body shorter than its length says is truncated, though its JSON is whole", async () => {
    const headers = {
      "workos-signature": signed(`${payload}more`),
      "content-length": String(Buffer.byteLength(payload) + 4),
    };
    const { findings, message } = await explain({ payload, headers, secret, nowMs });
    expect(findings).toMatchObject([{ cause: "body_truncated" }]);
    expect(message).toMatch(/\d+ of \d+ bytes/);
  });

  function standardOf(seconds: number, key: string | Buffer): Record<string, string> {
    const base64 = createHmac("sha256", key).update(`event_1.${seconds}.${payload}`).digest("base64");
    return { "webhook-id": "event_1", "webhook-timestamp": String(seconds), "webhook-signature": `v1,${base64}` };
  }
});

describe("a failed signature is explained by its error", () => {
  test("of verify", async () => {
    const error = await failureOf(async () => verify({ payload, header, secret: `${secret}\n`, nowMs }));
    expect((await explain(error)).findings).toMatchObject([{ cause: "secret_mangled" }]);
  });

  test("of receive, whose body is gone by then", async () => {
    const body = `${payload} `;
    const headers = { "workos-signature": sign({ payload, secret, timestampMs: Date.now() }) };
    const request = new Request("http://localhost/", { method: "POST", headers, body });
    const error = await failureOf(async () => receive(request, { secret }));
    expect((await explain(error)).findings).toMatchObject([{ cause: "body_changed" }]);
  });

  test.each([
    ["that a parser has eaten", { body: event }, "body_parsed"],
    ["that is too large", { body: Buffer.alloc(1024 * 1024 + 1) }, "body_too_large"],
    ["whose sender hung up", { raw: Readable.from(cutBody()) }, "body_truncated"],
  ])("of receiveNode, with a body %s", async (_name, body, cause) => {
    const request = { headers: { "workos-signature": header }, ...body };
    const error = await failureOf(async () => receiveNode(request, { secret, nowMs }));
    expect((await explain(error)).findings).toMatchObject([{ cause }]);
  });

  test("and when it carries no evidence, it says what to pass", async () => {
    for (const error of [new SignatureError("Refused.", { reason: "signature_mismatch" }), new Error("Refused.")]) {
      const { message } = await explain(error);
      expect(message).toMatch(/^Refused\. .*payload, headers, secret/);
    }
    expect((await explain(undefined)).message).toMatch(/payload, headers, secret/);
  });

  test("and the evidence shows nowhere else", async () => {
    const error = (await failureOf(async () =>
      verify({ payload, header, secret: "whsec_b", nowMs }),
    )) as SignatureError;
    expect(Object.keys(error)).not.toContain("evidence");
    expect(JSON.stringify(error)).not.toContain("event_1");
    expect(structuredClone(error)).not.toHaveProperty("evidence");
  });
});

test("no explanation holds a secret, a signature or anything of the body", async () => {
  const expected = createHmac("sha256", "whsec_hidden").update(`${nowMs}.${payload}`).digest("hex");
  const cases: readonly FailureInputs[] = [
    {},
    { header: `"${header}"` },
    { header: `${header}zz` },
    { header: header.slice(0, -10) },
    { payload: `${payload}\n` },
    { payload: event },
    { header: undefined },
    { nowMs: 0 },
  ];
  for (const inputs of cases) {
    const explanation = await explain(
      { payload, header, secret: ["whsec_hidden", secret], nowMs, ...inputs },
      { otherSecrets: { other: "whsec_other" } },
    );
    for (const hidden of [secret, secret.slice(6), "hidden", "whsec_other", hex, expected, "event_1", "Zoë"]) {
      expect(JSON.stringify(explanation)).not.toContain(hidden);
    }
  }
});

test("whatever the inputs hold, there is an explanation", async () => {
  const anything = fc.record(
    {
      payload: fc.anything({ withDate: true, withTypedArray: true }),
      header: fc.oneof(fc.string(), fc.constant(header), fc.array(fc.string())),
      headers: fc.oneof(fc.constant(undefined), fc.dictionary(fc.string(), fc.string())),
      secret: fc.oneof(fc.string(), fc.array(fc.string())),
      nowMs: fc.integer(),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(anything, fc.anything()), async (inputs) => {
      const { findings, message } = await explain(inputs);
      expect(findings.length).toBeGreaterThan(0);
      expect(message).not.toBe("");
    }),
  );
});
