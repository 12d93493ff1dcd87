import { describe, expect, test } from "vitest";
import { maskedSecret, newSecret, secretBox } from "./secrets.ts";

const box = secretBox(["a key of many characters"]);

describe("a sealed secret", () => {
  test("is opened by the same key for the same endpoint, and tells nothing without", () => {
    const secret = newSecret();
    const sealed = box.seal(secret, "we_1");
    expect(box.open(sealed, "we_1")).toBe(secret);
    expect(secretBox(["a key of many characters"]).open(sealed, "we_1")).toBe(secret);
    expect(Buffer.from(sealed, "base64").toString("latin1")).not.toContain(secret.slice(6));
  });

  test("never looks the same twice", () => {
    const all = Array.from({ length: 100 }, () => box.seal("whsec_same", "we_1"));
    expect(new Set(all).size).toBe(100);
  });

  test.each([
    ["of another endpoint, as when two rows are exchanged", box.seal("whsec_a", "we_2")],
    ["under another key", secretBox(["another key of many characters"]).seal("whsec_a", "we_1")],
    ["cut short", box.seal("whsec_a", "we_1").slice(0, 20)],
    ["empty", ""],
    ["no base64", "%%%"],
  ])("is refused when it is %s", (_name, sealed) => {
    expect(box.open(sealed, "we_1")).toBeNull();
  });

  test("is opened by each key of a box, and sealed anew only where an older one has sealed it", () => {
    const both = secretBox(["another key of many characters", "a key of many characters"]);
    const sealed = box.seal("whsec_a", "we_1");
    expect(both.open(sealed, "we_1")).toBe("whsec_a");
    const renewed = both.renew(sealed, "we_1") ?? "";
    expect(secretBox(["another key of many characters"]).open(renewed, "we_1")).toBe("whsec_a");
    expect(both.renew(renewed, "we_1")).toBeNull();
    expect(both.renew(sealed, "we_2")).toBeNull();
    expect(box.open(renewed, "we_1")).toBeNull();
  });

  test("is refused with any byte changed", () => {
    const bytes = Buffer.from(box.seal("whsec_a", "we_1"), "base64");
    for (const [index, byte] of bytes.entries()) {
      const changed = Buffer.from(bytes);
      changed[index] = byte ^ 1;
      expect(box.open(changed.toString("base64"), "we_1")).toBeNull();
    }
  });
});

test("of a secret, four characters are shown, and none of one that cannot be read", () => {
  expect(maskedSecret("whsec_abcdefgh")).toBe("whsec_********efgh");
  expect(maskedSecret(null)).toBe("whsec_********");
});
