import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { queryString } from "./query.ts";

describe("the query", () => {
  test("leaves out what is undefined, keeps zero, and joins lists with commas", () => {
    expect(queryString({ a: undefined, limit: 0, events: ["x.y", "z"] })).toBe("?limit=0&events=x.y%2Cz");
    expect(queryString({ a: undefined })).toBe("");
  });

  test.each([
    ["an empty string", { after: "" }, "after"],
    ["an empty list", { events: [] }, "events"],
    ["an empty name in a list", { events: ["a", ""] }, "events"],
    ["a name with a comma", { events: ["a,b"] }, "events"],
    ["null", { after: null as unknown as string }, "after"],
    ["half a character", { after: "event_\ud800" }, "after"],
    ["half a character in a list", { events: ["a\udc00"] }, "events"],
  ])("refuses %s instead of dropping it", (_name, query, where) => {
    expect(() => queryString(query)).toThrow(expect.objectContaining({ code: "config_invalid", where }));
  });

  test("every list arrives in its order, comma by comma", () => {
    const name = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !text.includes(","));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1 }), (names) => {
        expect(new URLSearchParams(queryString({ events: names })).get("events")?.split(",")).toEqual(names);
      }),
    );
  });

  test("every text arrives as it was given", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (value) => {
        expect(new URLSearchParams(queryString({ email: value })).get("email")).toBe(value);
      }),
    );
  });
});
