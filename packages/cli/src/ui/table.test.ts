import { expect, test } from "vitest";
import { printable } from "./printable.ts";
import { type Column, formatTable } from "./table.ts";

interface Row {
  readonly name: string | null;
  readonly count: number;
}

const columns: readonly Column<Row>[] = [
  { heading: "NAME", cell: (row) => row.name },
  { heading: "COUNT", cell: (row) => row.count, align: "right" },
];
const plain = { bold: (text: string) => text };

test("columns are as wide as their widest cell, numbers stand to the right, absent values show as a dash", () => {
  const rows = [
    { name: "accounts", count: 7 },
    { name: null, count: 1_200 },
  ];
  expect(formatTable(rows, columns, plain)).toBe(["NAME      COUNT", "accounts      7", "-          1200"].join("\n"));
});

test("a cell that is too long is cut and says so", () => {
  const [, line] = formatTable([{ name: "x".repeat(500), count: 0 }], columns, plain).split("\n");
  expect(line).toMatch(/^x{59}…  /);
});

test("a name with escape codes, line breaks or reordering marks cannot change the table or the terminal", () => {
  const name = "\u001b[2J\u0007\u202Eevil\nline\r";
  const table = formatTable([{ name, count: 0 }], columns, plain);
  expect(table.split("\n")).toHaveLength(2);
  // oxlint-disable-next-line no-control-regex -- these are the characters that must be gone
  expect(table).not.toMatch(/[\u001b\u0007\u202E\r]/u);
  expect(table).toContain(String.raw`\u001b[2J\u0007\u202eevil line\u000d`);
});

test("ordinary text in any script stays as it is", () => {
  expect(printable("Åkesson 田中 مريم\tx\ny")).toBe("Åkesson 田中 مريم\tx\ny");
});
