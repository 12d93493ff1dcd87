import { describe, expect, test } from "vitest";
import { differences } from "./difference.ts";
import { judge } from "./judge.ts";
import type { Fault, Trouble } from "./model.ts";

describe("differences", () => {
  test.each<[string, unknown, unknown, unknown]>([
    ["none", { a: [1, 2] }, { a: [1, 2] }, []],
    ["none, in another order", { a: [{ id: 1 }, { id: 2 }], b: 1 }, { b: 1, a: [{ id: 2 }, { id: 1 }] }, []],
    ["a field", { a: 1 }, { a: 2 }, [["$.a", "changed"]]],
    ["a field that is not there", { a: 1, b: null }, { a: 1 }, [["$.b", "missing"]]],
    ["a row too many", [{ id: 1 }], [{ id: 1 }, { id: 1 }], [["$[]", "extra"]]],
    ["a row too few", [{ id: 1 }, { id: 2 }], [{ id: 2 }], [["$[]", "missing"]]],
    ["a field of a row", [{ id: 1, x: "a" }], [{ id: 1, x: "b" }], [["$[id=1].x", "changed"]]],
    ["another kind of value", { a: [] }, { a: {} }, [["$.a", "changed"]]],
    ["a name that is no word", { "a b": 1 }, {}, [['$["a b"]', "missing"]]],
  ])("%s", (_name, expected, actual, found) => {
    expect(differences(expected, actual).map(({ path, kind }) => [path, kind])).toEqual(found);
  });
});

const of = (kind: "again" | "restart" | "crash_after" | "overtake" | "redrive"): readonly Fault[] => {
  if (kind === "overtake") return [{ kind, at: 2, beside: 1 }];
  return kind === "crash_after" ? [{ kind, at: 1, span: 1 }] : [{ kind, at: 1 }];
};

describe("judge", () => {
  test.each<[string, unknown, Parameters<typeof of>[0], string]>([
    ["a row too many", { n: 1, rows: [1, 1] }, "again", "duplicated"],
    ["a number that is too high", { n: 2, rows: [1] }, "crash_after", "duplicated"],
    ["a row too few", { n: 1, rows: [] }, "restart", "lost"],
    ["a number that is too low", { n: 0, rows: [1] }, "restart", "lost"],
    ["another value after a repetition", { n: "x", rows: [1] }, "again", "duplicated"],
    ["another value after a crash", { n: "x", rows: [1] }, "restart", "lost"],
    ["anything when lanes changed places", { n: 1, rows: [] }, "overtake", "out_of_order"],
    ["anything when a dead letter came last", { n: 2, rows: [1] }, "redrive", "out_of_order"],
  ])("%s", (_name, snapshot, kind, verdict) => {
    const standard = { snapshot: { n: 1, rows: [1] }, isKnown: () => false };
    expect(judge({ snapshot, troubles: [], traces: new Map() }, of(kind), standard)).toMatchObject({ verdict });
  });

  test("the same state is no failure, and neither is trouble that is known", () => {
    const trouble: Trouble = { kind: "late", at: 1, message: "" };
    const run = { snapshot: [1], troubles: [trouble], traces: new Map() };
    expect(judge(run, [], { snapshot: [1], isKnown: () => true })).toBeNull();
    expect(judge(run, [], { snapshot: [1], isKnown: () => false })).toMatchObject({ verdict: "late", trouble });
  });

  test("without a snapshot, nothing is said about the state", () => {
    const run = { snapshot: undefined, troubles: [], traces: new Map() };
    expect(judge(run, of("again"), { snapshot: [1], isKnown: () => false })).toBeNull();
  });
});
