import { expect, test } from "vitest";
import { type ExportWishes, planExport } from "./plan.ts";

const nothing: ExportWishes = { to: "ndjson", insecureFormulas: false };

test.each<[Partial<ExportWishes>, RegExp]>([
  [{ to: "xml" }, /^--to takes ndjson, csv or sqlite, not: "xml"\.$/],
  [{ to: "sqlite" }, /^--to sqlite needs --out/],
  [{ to: "csv" }, /name a folder with --out, or one kind with --only/],
  [{ to: "csv", only: "users,groups" }, /name a folder with --out/],
  [{ only: "people" }, /^--only takes directories, users, groups or memberships/],
  [{ attributes: "x" }, /are for --to csv/],
  [{ to: "sqlite", out: "x", insecureFormulas: true }, /are for --to csv/],
  [{ directory: ["a"], organization: "b" }, /exclude each other/],
])("%j is refused", (wishes, said) => {
  expect(() => planExport({ ...nothing, ...wishes })).toThrow(said);
});

test("a kind is written once and in its order, however it is asked for", () => {
  expect([...planExport({ ...nothing, only: "memberships,users,users" }).kinds]).toEqual(["users", "memberships"]);
  expect([...planExport(nothing).kinds]).toEqual(["directories", "users", "groups", "memberships"]);
});

test("one table fits standard output", () => {
  expect(planExport({ ...nothing, to: "csv", only: "users", attributes: "a, b" })).toMatchObject({
    out: null,
    csv: { attributes: ["a", "b"], keepsFormulas: false },
  });
});
