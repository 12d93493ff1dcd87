import { inspect } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Secret, Secrets } from "./secrets.ts";

test("every known secret is replaced, also where it was encoded for a URL", () => {
  const secrets = new Secrets();
  secrets.keep("sk_first+key");
  secrets.keep("token/two");
  expect(secrets.redact("a sk_first+key b token/two c sk_first%2Bkey d token%2Ftwo")).toBe(
    "a [redacted] b [redacted] c [redacted] d [redacted]",
  );
});

test("no form of a secret survives: URL, form, JSON, hex, or base64 of anything around it", () => {
  const around = fc.string({ unit: "grapheme-ascii", maxLength: 7 });
  const secret = fc.string({ unit: "grapheme-ascii", minLength: 12, maxLength: 60 });
  fc.assert(
    fc.property(secret, around, around, (value, before, after) => {
      const secrets = new Secrets();
      secrets.keep(value);
      const whole = Buffer.from(before + value + after);
      const shown = [
        whole.toString("utf8"),
        encodeURIComponent(whole.toString("utf8")),
        new URLSearchParams({ a: value }).toString(),
        JSON.stringify(whole.toString("utf8")),
        whole.toString("hex"),
        whole.toString("base64"),
        whole.toString("base64url"),
      ];
      for (const text of shown) expect(secrets.redact(text)).toContain("[redacted]");
    }),
  );
});

test("a string too short to be a secret does not blank out ordinary words", () => {
  const secrets = new Secrets();
  secrets.keep("key");
  expect(secrets.redact("the key file")).toBe("the key file");
});

test("a secret shows itself to nobody who does not ask by name", () => {
  const secret = new Secret("sk_live_1234567890");
  const shown = [secret.toString(), JSON.stringify({ secret }), inspect({ secret })];
  expect(shown.join()).not.toContain("sk_live");
  expect(secret.reveal()).toBe("sk_live_1234567890");
});

test("in diagnostics, what looks like a secret goes as well", () => {
  const secrets = new Secrets();
  const said = secrets.redactAll(
    '--poll "sk_live_a1b2c3d4" whsec_MfKQ9r8G/+== https://me:hunter2@host/path task_force',
  );
  expect(said).toBe('--poll "[redacted]" [redacted] https://me:[redacted]@host/path task_force');
  expect(secrets.redact("sk_live_a1b2c3d4")).toBe("sk_live_a1b2c3d4");
});
