import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Secrets } from "../secrets.ts";
import { serviceOf } from "./access.ts";
import { loadConfiguration } from "./load.ts";

test.each([
  ["DIRSYNC_API_KEY", "sk_with a space"],
  ["WORKOS_API_KEY", "sk_ümlaut"],
])(
  "a key in %s that no service could have issued is refused by the name of the variable, and not repeated",
  async (name, key) => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    const context = { environment: { HOME: "/nowhere", [name]: key }, streams, secrets: new Secrets() };
    const service = serviceOf(await loadConfiguration({ config: false }, context));
    await expect(service).rejects.toThrow(
      `${name}: The key holds a space or a character that no key has. Copy it again.`,
    );
    await expect(service).rejects.not.toThrow(key);
  },
);

test("of keys that stand on lines of their own, as for a server that is given another, the first is sent", async () => {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const environment = { HOME: "/nowhere", DIRSYNC_API_KEY: "sk_of_this_year\nsk_of_last_year\n" };
  const context = { environment, streams, secrets: new Secrets() };
  const { apiKey } = await serviceOf(await loadConfiguration({ config: false }, context));
  expect(apiKey.reveal()).toBe("sk_of_this_year");
  expect(context.secrets.redact("not of_last_year but sk_of_last_year")).toBe("not of_last_year but [redacted]");
});
