import { describe, expect, test } from "vitest";
import { conditions } from "./condition.ts";

describe("conditions", () => {
  test.each([
    ["data.state=active", [["data.state", "=", "active"]]],
    ["data.state != active", [["data.state", "!=", "active"]]],
    ["event~dsync.user.*", [["event", "~", "dsync.user.*"]]],
    ["data.email!~*@example.com", [["data.email", "!~", "*@example.com"]]],
    [
      "data.state=active and data.role.slug=admin",
      [
        ["data.state", "=", "active"],
        ["data.role.slug", "=", "admin"],
      ],
    ],
    ['data.name="Research and Development"', [["data.name", "=", "Research and Development"]]],
    [String.raw`data.name="the \"new\" one"`, [["data.name", "=", 'the "new" one']]],
    ['data.name=""', [["data.name", "=", ""]]],
    ["data.a=b=c", [["data.a", "=", "b=c"]]],
  ])("%s", (text, expected) => {
    const value = expected.map(([path, operator, right]) => ({ path: path?.split("."), operator, value: right }));
    expect(conditions.read(text)).toEqual({ value });
    // What is shown means the same.
    expect(conditions.read(conditions.show(value as never))).toEqual({ value });
  });

  test("several texts must all hold", () => {
    expect(conditions.read(["data.a=1", "data.b=2 and data.c=3"])).toMatchObject({
      value: [{ value: "1" }, { value: "2" }, { value: "3" }],
    });
  });

  test.each([
    ["data.state", /cannot be understood at «data.state»/],
    ["data.state=active or data.state=inactive", /at «or data.state=inactive»/],
    ["data.state=active and", /at «and»/],
    ["data.state=active and ", /at «and»/],
    ['data.name="open', /cannot be understood at «data.name="open»/],
    ["data..state=active", /cannot be understood/],
    ["data.state>1", /cannot be understood/],
    ["", /is no condition such as data.state=active/],
    [7, /is no condition/],
  ])("%s is refused", (text, message) => {
    expect(conditions.read(text)).toEqual({ mistake: expect.stringMatching(message) as unknown });
  });
});
