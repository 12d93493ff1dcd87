import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { describe, expect, test, vi } from "vitest";
import type { Engine } from "./engine.ts";
import { createNodeEngine } from "./node-engine.ts";
import { signedHeadersWith } from "./signed-headers.ts";
import { verifyLater } from "./signature.ts";
import { reasonOf } from "./test-subjects.ts";
import { createWebEngine } from "./web-engine.ts";

const payload = '{"id":"event_1","event":"x","data":{},"created_at":"2026-01-15T12:00:00.000Z"}';
const nowMs = 1_768_478_400_000;
const secrets = ["whsec_b25l", "whsec_dHdv", "whsec_dGhyZWU="] as const;

/** An engine that counts what it is asked for. */
function counting(engine: Engine): { engine: Engine; counts: { hmacs: number; comparisons: number } } {
  const counts = { hmacs: 0, comparisons: 0 };
  return {
    counts,
    engine: {
      hmac: async (...args) => {
        counts.hmacs += 1;
        return engine.hmac(...args);
      },
      isSame: (...args) => {
        counts.comparisons += 1;
        return engine.isSame(...args);
      },
    },
  };
}

describe.each([
  ["node:crypto", createNodeEngine],
  ["WebCrypto", createWebEngine],
] as const)("over %s", (_name, create) => {
  test.each([
    ["the first secret", secrets[0]],
    ["the last secret", secrets[2]],
    ["none of the secrets", "whsec_bm9uZQ=="],
  ])("the work is the same when %s has signed: every secret against every signature", async (_which, secret) => {
    const signed = await signedHeadersWith(create(), {
      payload,
      secret,
      timestampMs: nowMs,
      scheme: "standard",
      id: "1",
    });
    const other = `v1,${Buffer.alloc(32).toString("base64")}`;
    const headers = { ...signed, "webhook-signature": `${other} ${signed["webhook-signature"]} ${other}` };
    const { engine, counts } = counting(create());
    await reasonOf(async () => verifyLater(engine, { payload, headers, secret: secrets, nowMs }));
    expect(counts).toEqual({ hmacs: 3, comparisons: 9 });
  });

  test.each([
    ["equal", "ab".repeat(32), "ab".repeat(32), true],
    ["different at the start", "cb".padEnd(64, "a"), "ab".padEnd(64, "a"), false],
    ["different at the end", "a".repeat(64), `${"a".repeat(63)}b`, false],
  ])("two signatures that are %s are compared rightly", (_which, expected, given, isSame) => {
    expect(create().isSame(expected, given)).toBe(isSame);
  });
});

describe("comparing two signatures takes the same time wherever they differ", () => {
  const right = "a".repeat(64);
  const wrong = ["b".padEnd(64, "a"), `${"a".repeat(32)}b`.padEnd(64, "a"), `${"a".repeat(63)}b`];

  test.each([...wrong, right])("because node:crypto does it: %s", (given) => {
    const compare = vi.spyOn(crypto, "timingSafeEqual");
    syncBuiltinESMExports();
    try {
      createNodeEngine().isSame(right, given);
      expect(compare).toHaveBeenCalledTimes(1);
    } finally {
      compare.mockRestore();
      syncBuiltinESMExports();
    }
  });

  test.each([...wrong, right])("because every character of both is looked at: %s", (given) => {
    const { isSame } = createWebEngine();
    const look = vi.spyOn(String.prototype, "charCodeAt");
    try {
      isSame(right, given);
      expect(look.mock.calls.map(([index]) => index)).toEqual([...right].flatMap((_, index) => [index, index]));
    } finally {
      look.mockRestore();
    }
  });
});

test("WebCrypto prepares the key of a secret once, however many webhooks come", async () => {
  const importKey = vi.spyOn(globalThis.crypto.subtle, "importKey");
  try {
    const engine = createWebEngine();
    const [secret] = secrets;
    const headers = await signedHeadersWith(engine, { payload, secret, timestampMs: nowMs });
    for (let count = 0; count < 10; count += 1) await verifyLater(engine, { payload, headers, secret, nowMs });
    expect(importKey).toHaveBeenCalledTimes(1);
  } finally {
    importKey.mockRestore();
  }
});
