import { describe, expect, test } from "vitest";
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

test("names whose characters are two columns wide, or none, leave the columns in line", () => {
  const names = ["山田 太郎", "Zoe\u0308", "🚀", "Ann"];
  const rows = names.map((name) => ({ name, count: 1 }));
  expect(formatTable(rows, columns, plain)).toBe(
    ["NAME       COUNT", "山田 太郎      1", "Zoe\u0308            1", "🚀             1", "Ann            1"].join(
      "\n",
    ),
  );
  const [, long] = formatTable([{ name: "山".repeat(31), count: 0 }], columns, plain).split("\n");
  expect(long).toMatch(/^山{29}… {2}/u);
});

test("a name with escape codes, line breaks or reordering marks cannot change the table or the terminal", () => {
  const name = "\u001b[2J\u0007\u202Eevil\nline\r";
  const table = formatTable([{ name, count: 0 }], columns, plain);
  expect(table.split("\n")).toHaveLength(2);
  // oxlint-disable-next-line no-control-regex -- these are the characters that must be gone
  expect(table).not.toMatch(/[\u001b\u0007\u202E\r]/u);
  expect(table).toContain(String.raw`\u001b[2J\u0007\u202eevil line\u000d`);
});

describe("on a terminal that is too narrow", () => {
  const id = "directory_user_01M8FBKCFH7C0AQME8NDBGHMT3";
  const wide: readonly Column<{ readonly id: string; readonly said: string }>[] = [
    { heading: "ID", cell: (row) => row.id },
    { heading: "SAID", cell: (row) => row.said, isProse: true },
  ];
  const rows = [{ id, said: "word ".repeat(20) }];

  test.each([40, 64, 80, 103, 200])("no line of %i characters is broken, and no id is cut", (columnsMax) => {
    const table = formatTable(rows, wide, { ...plain, columnsMax });
    // A block has one cell in a line, which a terminal may have to break all the same.
    if (columnsMax > 62)
      expect(Math.max(...table.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(columnsMax);
    expect(table).toContain(id);
  });

  test("prose is cut first", () => {
    expect(formatTable(rows, wide, { ...plain, columnsMax: 80 }).split("\n")[1]).toBe(
      `${id}  word word word word word word word w…`,
    );
  });

  test("then each row is a block of lines", () => {
    const columnsMax = 50;
    expect(formatTable([...rows, { id: "b", said: "" }], wide, { ...plain, columnsMax }).split("\n")).toEqual([
      `ID    ${id}`,
      expect.stringMatching(/^SAID {2}word word/u),
      "",
      "ID    b",
      "SAID  -",
    ]);
  });

  test("a row that goes on with the one before it stays in its block, with the mark at its head", () => {
    const marked: readonly Column<readonly string[]>[] = [
      { heading: "", cell: ([mark]) => mark },
      { heading: "ID", cell: ([, one]) => one },
      { heading: "SINK", cell: ([, , sink]) => sink },
    ];
    const table = formatTable(
      [
        ["*", id, "one"],
        [" ", " ", "two"],
        [" ", "c", "one"],
      ],
      marked,
      { ...plain, columnsMax: 20 },
    );
    expect(table.split("\n")).toEqual([
      `*  ID    ${id}`,
      "   SINK  one",
      "   SINK  two",
      "",
      "   ID    c",
      "   SINK  one",
    ]);
  });

  test("where nobody watches, a table stays a table", () => {
    expect(formatTable(rows, wide, plain).split("\n")).toHaveLength(2);
  });
});

test("ordinary text in any script stays as it is", () => {
  expect(printable("Åkesson 田中 مريم\tx\ny")).toBe("Åkesson 田中 مريم\tx\ny");
});
