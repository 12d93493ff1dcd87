import { describe, expect, test } from "vitest";
import { readPeople } from "./people.ts";

const options = { delimiter: ",", mapping: new Map<string, string>() };
const department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";

describe("a people file", () => {
  test("as Workday exports it is read by its headings, quoted cells and a byte order mark included", () => {
    const text = [
      "\uFEFFEmployee ID,Primary Work Email,Legal First Name,Legal Last Name,Business Title,Department,Worker Status,Badge",
      '7,ann@acme.test,Ann,"Lee, ""Annie""",Engineer,R&D,Active,B-1',
      "8,bob@acme.test,Bob,Öz,,Sales,Terminated,B-2",
    ].join("\r\n");
    const { people, ignored, mistakes } = readPeople(text, options);
    expect(mistakes).toEqual([]);
    expect(ignored).toEqual(["Badge"]);
    expect(people).toMatchObject([
      {
        line: 2,
        person: {
          user: {
            userName: "ann@acme.test",
            externalId: "7",
            emails: [{ value: "ann@acme.test", primary: true }],
            "name.familyName": 'Lee, "Annie"',
            title: "Engineer",
            [department]: "R&D",
            active: true,
          },
          groups: null,
        },
      },
      { line: 3, person: { user: { "name.familyName": "Öz", title: null, active: false } } },
    ]);
  });

  test("takes other headings and delimiters as it is told, and groups separated by semicolons", () => {
    const mapping = new Map([
      ["Kennung", "userName"],
      ["Raum", "addresses"],
      ["badge", "urn:acme:2.0:User:badge"],
    ]);
    const text = "Kennung\tBadge\tGroups\nann\tB-1\tTeam A; Team B;\nbob\t\t\n";
    const { people, mistakes } = readPeople(text, { delimiter: "\t", mapping });
    expect(mistakes).toMatchObject([{ line: 1, message: expect.stringContaining('"Raum"') as string }]);
    expect(people.map(({ person }) => [person.user["urn:acme:2.0:User:badge"], person.groups])).toEqual([
      ["B-1", ["Team A", "Team B"]],
      [null, []],
    ]);
  });

  test.each(["sep=;\n", "\uFEFFsep=;\r\n"])(
    "may begin with the line that tells Excel what separates cells: %j",
    (first) => {
      const text = ["email;title", "ann@acme.test;x", "nobody;y", ""].join(first.includes("\r") ? "\r\n" : "\n");
      const { people, mistakes } = readPeople(`${first}${text}`, { ...options, delimiter: ";" });
      expect(people.map(({ line }) => line)).toEqual([3, 4]);
      expect(mistakes).toMatchObject([{ line: 4, column: 1 }]);
    },
  );

  test("may leave lines empty and go over several in one cell; lines are counted as an editor counts them", () => {
    const text = 'email,title\nann@acme.test,"a\nb\nc"\n\nbob@acme.test,x\nnobody,y\n';
    const { people, mistakes } = readPeople(text, options);
    expect(people.map(({ line }) => line)).toEqual([2, 6, 7]);
    expect(mistakes).toMatchObject([{ line: 7, column: 1 }]);
  });
});

describe("each mistake is told by line and column", () => {
  test.each<readonly [string, string, readonly [number, number, RegExp][]]>([
    ["no address", "email,first name\nann,Ann\n", [[2, 1, /email is no e-mail address/u]]],
    ["an empty user name", "first name,email\nAnn,\n", [[2, 2, /email is empty/u]]],
    ["a status nobody knows", "email,status\na@b.c,gone fishing\n", [[2, 2, /status is neither of active/u]]],
    ["a cell too many", "email,title\na@b.c,x,y\n", [[2, 3, /has 3 cells, and the first line 2/u]]],
    ["a cell too few", "email,title\na@b.c\n", [[2, 2, /has 1 cells/u]]],
    ["one person twice", "email\na@b.c\nA@b.c\n", [[3, 1, /same as on line 2/u]]],
    ["one number twice", "employee id,email\n7,a@b.c\n7,d@b.c\n", [[3, 1, /same as on line 2/u]]],
    ["a quotation mark that is never closed", 'email\n"a@b.c\n', [[2, 1, /never closed/u]]],
    ["nobody", "email\n", [[1, 1, /has nobody in it/u]]],
    ["nothing", "", [[1, 1, /has nobody in it/u]]],
    ["no column that says who it is", "first name\nAnn\n", [[1, 1, /no column has user names/u]]],
    ["two columns for one attribute", "email,work email\na@b.c,d@b.c\n", [[1, 2, /is read as email, as column 1 is/u]]],
    [
      "several at once",
      "email,status\nx,?\ny,?\n",
      [
        [2, 1, /address/u],
        [2, 2, /neither/u],
        [3, 1, /address/u],
        [3, 2, /neither/u],
      ],
    ],
  ])("%s", (_name, text, expected) => {
    const { mistakes } = readPeople(text, options);
    expect(mistakes.map(({ line, column }) => [line, column])).toEqual(
      expected.map(([line, column]) => [line, column]),
    );
    for (const [index, [, , said]] of expected.entries()) expect(mistakes[index]?.message).toMatch(said);
  });
});
