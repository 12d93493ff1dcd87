import { describe, expect, test } from "vitest";
import type { Row } from "../export/kinds.ts";
import type { AppRows } from "./app-rows.ts";
import { compareWithApp, type Drift, type DriftCounts } from "./compare.ts";

interface Found {
  readonly drifts: readonly Drift[];
  readonly counts: DriftCounts;
}

async function compare(people: readonly Row[], rows: readonly Row[], key = "email"): Promise<Found> {
  const columns = rows.length === 0 ? [key] : Object.keys(rows[0] ?? {});
  const app: AppRows = {
    columns,
    rows: () => each(rows.map((row) => columns.map((name) => row[name]))),
    close: () => Promise.resolve(),
  };
  const drifts: Drift[] = [];
  const counts = await compareWithApp({ people: each(people), app, key, onDrift: (drift) => drifts.push(drift) });
  return { drifts, counts };
}

async function* each<T>(things: readonly T[]): AsyncGenerator<T, void, undefined> {
  for (const thing of things) yield await Promise.resolve(thing);
}

const ada = { id: "u1", email: "Ada@acme.test", first_name: "Ada", state: "active", role: { slug: "admin" } };
const bob = { id: "u2", email: "bob@acme.test", first_name: "Bob", state: "inactive", role: null };

describe("a comparison", () => {
  test("finds who is missing, who is there alone and whose fields disagree", async () => {
    const rows = [
      { email: "ada@ACME.test", first_name: "Ada", role: "member" },
      { email: "eve@acme.test", first_name: "Eve", role: null },
    ];
    const { drifts, counts } = await compare([ada, bob], rows);
    expect(drifts).toEqual([
      { kind: "different", key: "ada@acme.test", fields: [{ field: "role", directory: "admin", app: "member" }] },
      { kind: "extra", key: "eve@acme.test" },
      { kind: "missing", key: "bob@acme.test" },
    ]);
    expect(counts).toMatchObject({ people: 2, rows: 2, missing: 1, extra: 1, different: 1, without_key: 0 });
  });

  test("finds nothing where there is nothing, in whatever order either side is", async () => {
    const people = Array.from({ length: 500 }, (_, index) => ({ id: `u${index}`, email: `p${index}@acme.test` }));
    const rows = people.map(({ id, email }) => ({ email, id })).reverse();
    const { drifts, counts } = await compare(people, rows);
    expect(drifts).toEqual([]);
    expect(counts).toMatchObject({ people: 500, rows: 500 });
    // And one that differs is found among them.
    expect(
      (
        await compare(
          people,
          rows.map((row, index) => (index === 250 ? { ...row, id: "other" } : row)),
        )
      ).drifts,
    ).toHaveLength(1);
  });

  test("does not choose between people who share a key, nor between rows", async () => {
    const { drifts } = await compare(
      [ada, { ...ada, id: "u9" }, bob],
      [
        { email: "ada@acme.test" },
        { email: "ada@acme.test" },
        ...Array.from({ length: 3 }, () => ({ email: bob.email })),
      ],
    );
    expect(drifts).toEqual([
      { kind: "ambiguous", key: "ada@acme.test" },
      { kind: "duplicate", key: "ada@acme.test" },
      { kind: "duplicate", key: "bob@acme.test" },
    ]);
  });

  test("counts who cannot be looked for, and does not take them for one another", async () => {
    const { drifts, counts } = await compare([{ id: "u1", email: null }], [{ email: null }, { email: "" }]);
    expect(drifts).toEqual([]);
    expect(counts).toMatchObject({ without_key: 3, people: 0, rows: 0 });
  });

  test("by another key keeps to its case", async () => {
    const { drifts } = await compare([{ id: "A" }], [{ id: "a" }], "id");
    expect(drifts.map(({ kind }) => kind)).toEqual(["extra", "missing"]);
  });
});

// What databases give for one and the same: SQLite numbers, PostgreSQL booleans, letters, dates and JSON.
test.each<[string, Row, unknown, boolean]>([
  ["active", { state: "active" }, 1, true],
  ["active", { state: "active" }, true, true],
  ["active", { state: "active" }, "t", true],
  ["active", { state: "active" }, 0, false],
  ["active", { state: "inactive" }, false, true],
  ["active", { state: "suspended" }, 0, true],
  ["state", { state: "active" }, "1", false],
  ["role", { role: { slug: "admin" } }, "admin", true],
  ["role", {}, null, true],
  ["role", {}, "", false],
  ["first_name", { first_name: "1" }, true, false],
  ["name", { name: null, first_name: "Ada", last_name: "Byron" }, "Ada Byron", true],
  ["name", { name: "A. Byron", first_name: "Ada" }, "A. Byron", true],
  ["created_at", { created_at: "2026-01-01T00:00:00.000Z" }, new Date("2026-01-01"), true],
  ["department_name", { custom_attributes: { department_name: "Sales" } }, "Sales", true],
  ["department_name", { custom_attributes: {} }, null, true],
  ["cost", { custom_attributes: { cost: 7 } }, 7, true],
  ["vip", { custom_attributes: { vip: true } }, 1, true],
  ["tags", { custom_attributes: { tags: ["a"] } }, ["a"], true],
])("%s of %j and %j in the app: the same is %s", async (field, user, cell, same) => {
  const { drifts } = await compare([{ id: "u", ...user }], [{ id: "u", [field]: cell }], "id");
  expect(drifts.length === 0).toBe(same);
});

test("a column that nobody has is not compared in silence", async () => {
  const attributes = { custom_attributes: { known: null } };
  const { counts } = await compare([{ ...ada, ...attributes }], [{ email: ada.email, known: null, konwn: "x" }]);
  expect(counts.unknown_columns).toEqual(["konwn"]);
});

test("a key that nobody has is not compared in silence: else everybody in the app would be there alone", async () => {
  const { counts } = await compare([ada, bob], [{ employee_numbr: "7" }], "employee_numbr");
  expect(counts.unknown_columns).toEqual(["employee_numbr"]);
  // Of nobody at all, nothing is known.
  expect((await compare([], [{ employee_numbr: "7" }], "employee_numbr")).counts.unknown_columns).toEqual([]);
});
