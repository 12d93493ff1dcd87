import { expect, test } from "vitest";
import { Secrets } from "./secrets.ts";

test("every known secret is replaced, also where it was encoded for a URL", () => {
  const secrets = new Secrets();
  secrets.keep("sk_first+key");
  secrets.keep("token/two");
  expect(secrets.redact("a sk_first+key b token/two c sk_first%2Bkey d token%2Ftwo")).toBe(
    "a [redacted] b [redacted] c [redacted] d [redacted]",
  );
});

test("a string too short to be a secret does not blank out ordinary words", () => {
  const secrets = new Secrets();
  secrets.keep("key");
  expect(secrets.redact("the key file")).toBe("the key file");
});
