import { expect, test } from "vitest";
import { type CsvOptions, csvWriter } from "./csv.ts";
import type { Kind, Row } from "./kinds.ts";
import type { Destination } from "./output-file.ts";

const plain: CsvOptions = { attributes: ["note"], keepsFormulas: false };

async function cellsOf(values: readonly unknown[], options: CsvOptions = plain): Promise<readonly string[]> {
  const rows = values.map((note) => ({ id: "u", custom_attributes: { note } }));
  const text = await written("users", rows, options);
  return text
    .split("\r\n")
    .slice(1, -1)
    .map((line) => line.split(",").slice(11).join(","));
}

async function written(kind: Kind, rows: readonly Row[], options: CsvOptions = plain): Promise<string> {
  let text = "";
  const destination: Destination = {
    write: (more) => {
      text += more;
      return Promise.resolve();
    },
    finish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
  const writer = csvWriter(new Map([[kind, destination]]), options);
  if (rows.length > 0) await writer.write({ kind, rows });
  await writer.finish();
  return text;
}

// What spreadsheets run: OWASP, "CSV Injection"; the full-width signs are taken for the plain ones by some.
test.each([
  ["=1+1", "'=1+1"],
  ['=HYPERLINK("http://evil.test";"x")', `"'=HYPERLINK(""http://evil.test"";""x"")"`],
  ["+49 30 1234", "'+49 30 1234"],
  ["-2", "'-2"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["\t=1", "'\t'=1"],
  ["\r=1", `"'\r'=1"`],
  ["＝1+1", "'＝1+1"],
  // Excel takes a semicolon for a comma where commas are decimal points, and knows of no quotes in the middle of a cell.
  ["a;=1+1;b", "a;'=1+1;b"],
  ["a;;@x", "a;;'@x"],
  ["two\n=1+1", `"two\n'=1+1"`],
  ["two\r-1", `"two\r'-1"`],
  ["tab\t+1", "tab\t'+1"],
  // A comma within quotes is one for all of them, and numbers in JSON stay what they are.
  ["a,=1", '"a,=1"'],
  ["a; =b", "a; =b"],
  ["", ""],
])("a cell with %j is %j", async (value, cell) => {
  expect(await cellsOf([value])).toEqual([cell]);
});

test("nothing is put before formulas where that is asked for", async () => {
  expect(await cellsOf(["=1+1", "-2"], { ...plain, keepsFormulas: true })).toEqual(["=1+1", "-2"]);
});

// RFC 4180 §2.
test.each([
  ["a,b", '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ["two\nlines", '"two\nlines"'],
  [" spaces ", " spaces "],
  ["Åsa 田中", "Åsa 田中"],
  [null, ""],
  [undefined, ""],
  [true, "true"],
  [7, "7"],
  [["x", "y"], '"[""x"",""y""]"'],
])("%j is written as %j", async (value, cell) => {
  expect(await cellsOf([value])).toEqual([cell]);
});

test("without names, all custom attributes are one column, as JSON; a name that only JavaScript has is no attribute", async () => {
  const row = { id: "u", custom_attributes: { a: 1 } };
  expect(await written("users", [row], { attributes: [], keepsFormulas: false })).toBe(
    'id,directory_id,organization_id,idp_id,email,first_name,last_name,state,role,created_at,updated_at,custom_attributes\r\nu,,,,,,,,,,,"{""a"":1}"\r\n',
  );
  expect((await written("users", [row], { attributes: ["toString"], keepsFormulas: false })).split("\r\n")[1]).toBe(
    "u,,,,,,,,,,,",
  );
});

test("a table without rows has its heading, once", async () => {
  expect(await written("memberships", [])).toBe("group_id,user_id,directory_id\r\n");
  expect(await written("memberships", [{ group_id: "g", user_id: "u", directory_id: "d" }])).toBe(
    "group_id,user_id,directory_id\r\ng,u,d\r\n",
  );
});

test("a directory's state is told in the words of events", async () => {
  const states = ["linked", "unlinked", "validating", "of later days"];
  const text = await written(
    "directories",
    states.map((state) => ({ state })),
  );
  expect(text.match(/,(active|inactive|validating|of later days),/g)).toHaveLength(4);
});
