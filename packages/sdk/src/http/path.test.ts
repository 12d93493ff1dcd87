import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import { path } from "./path.ts";

const base = "https://api.example.com";

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** What a server reads from the path that `id` was put in; `id` itself where it was refused. */
function arrivedAs(id: string): string {
  try {
    const [, , segment = "", ...rest] = new URL(base + path`/directories/${id}/users`.path).pathname.split("/");
    return rest.join("/") === "users" ? decodeURIComponent(segment) : `another path: ${rest.join("/")}`;
  } catch (error) {
    if (error instanceof ConfigError) return id;
    throw error;
  }
}

describe("path", () => {
  test.each([
    ["directory_01", "/directories/directory_01"],
    ["../organizations/x", "/directories/..%2Forganizations%2Fx"],
    ["a?b#c", "/directories/a%3Fb%23c"],
    ["%2e%2e", "/directories/%252e%252e"],
    ["...", "/directories/..."],
    ["Zoë 😀", "/directories/Zo%C3%AB%20%F0%9F%98%80"],
  ])("encodes %j as one segment", (id, expected) => {
    expect(path`/directories/${id}`.path).toBe(expected);
  });

  test.each([
    ["empty", ""],
    ["a dot", "."],
    ["two dots", ".."],
    ["half a surrogate pair", "\ud800"],
    ["no string", undefined as unknown as string],
    ["a number", 7 as unknown as string],
  ])("refuses an id that is %s", (_name, id) => {
    const error = thrownBy(() => path`/directories/${id}`.path);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: "config_invalid", retryable: false });
  });

  test("no accepted id changes the shape of the path or is read back as another id", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" })), (id) => {
        expect(arrivedAs(id)).toBe(id);
      }),
      { numRuns: 2_000 },
    );
  });
});
