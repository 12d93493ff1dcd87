/** The rig itself must notice what it is there to notice. */
import { describe, expect, test } from "vitest";
import { expectNothingLost } from "./catching-up.ts";
import { rewritten } from "./fault-proxy.ts";
import { Rig } from "./rig.ts";

describe.concurrent("a secret that got out fails the test", () => {
  test.each<[string, (rig: Rig) => string, RegExp]>([
    ["the key in a file", (rig) => rig.key, /A secret is in .*leak/],
    ["the SCIM token in the middle of a file", (rig) => `\0\0${rig.company.token}\xff`, /A secret is in .*leak/],
  ])("%s", async (_name, content, message) => {
    const rig = await Rig.start();
    rig.write("deep/inside/leak", content(rig));
    await expect(rig.end()).rejects.toThrow(message);
  });

  test("the key in a stream", async () => {
    const rig = await Rig.start();
    // The command itself takes keys out of what it says: a shell before it lets this one out.
    await rig.startBy('echo "$DIRSYNC_API_KEY" >&2; exec "$0" "$@"', ["--version"]).exit;
    await expect(rig.end()).rejects.toThrow(/A secret is in standard error of command 1/);
  });

  test("and nothing fails without one", async () => {
    const rig = await Rig.start();
    await rig.run(["--version"]);
    await expect(rig.end()).resolves.toBeUndefined();
  });
});

describe.concurrent("a delivery that is not the log fails the test", () => {
  test.each([
    ["an event is missing", rewritten((page) => ({ ...page, data: page.data.slice(1) }))],
    ["two events are in the wrong order", rewritten((page) => ({ ...page, data: swapped(page.data) }))],
  ])("%s", async (_name, fault) => {
    const rig = await Rig.start();
    rig.proxy.fault = fault;
    await expect(expectNothingLost(rig)).rejects.toThrow(/deeply equal/);
    await rig.end();
  });

  test("an event comes twice", async () => {
    const rig = await Rig.start();
    await expectNothingLost(rig);
    await rig.run(["tail", "--once", "--stdout", "--state", `${rig.folder}/another.db`]);
    await expect(expectNothingLost(rig)).rejects.toThrow(/deeply equal/);
    await rig.end();
  });
});

function swapped<T>([first, second, third, ...rest]: readonly T[]): readonly (T | undefined)[] {
  return [first, third, second, ...rest];
}
