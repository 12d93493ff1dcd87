import { describe, expect, test } from "vitest";
import { readFiles } from "./files.ts";

const users = "Employee ID,Work Email,First Name\n7,ann@acme.test,Ann\n8,bob@acme.test,Bob\n9,cid@acme.test,Cid\n";
const groups = "id,name,cost\nG-1,Team,12\nG-2,Board,\n";
const memberships = "user_id,group_id\n7,G-1\n8,G-1\n8,G-2\n7,G-1\n";

interface Texts {
  readonly people?: string;
  readonly groups?: string | null;
  readonly memberships?: string | null;
  readonly map?: Readonly<Record<string, string>>;
}

function read(texts: Texts) {
  const named = (name: string, text: string | null) => (text === null ? null : { name, text });
  const files = {
    people: { name: "users.csv", text: texts.people ?? users },
    groups: named("groups.csv", texts.groups === undefined ? groups : texts.groups),
    memberships: named("user_groups.csv", texts.memberships === undefined ? memberships : texts.memberships),
  };
  return readFiles(files, { delimiter: ",", mapping: new Map(Object.entries(texts.map ?? {})) });
}

/** As they are shown, without what is right. */
function mistakes(texts: Texts): readonly string[] {
  return read(texts).mistakes.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
}

test.each([
  [";", "semicolons", ";"],
  ["\t", "tabs", String.raw`\t`],
  ["|", "bars", "|"],
])(
  "a file that separates cells by %j says how it is read, and not that columns are missing",
  (character, name, flag) => {
    expect(mistakes({ people: users.replaceAll(",", character), groups: null, memberships: null })).toEqual([
      `users.csv:1:1: has one heading, and its cells seem to be separated by ${name}: read it with --delimiter '${flag}'`,
    ]);
  },
);

describe("people, groups and memberships in files of their own", () => {
  test("are one import: each person with the ids of their groups, each once", () => {
    const { people, groups: read_, ignored, mistakes: none } = read({});
    expect(none).toEqual([]);
    expect(people.map(({ person }) => [person.user["externalId"], person.groups])).toEqual([
      ["7", ["G-1"]],
      ["8", ["G-1", "G-2"]],
      ["9", []],
    ]);
    expect(read_).toEqual([
      { id: "G-1", name: "Team" },
      { id: "G-2", name: "Board" },
    ]);
    expect(ignored).toEqual(["cost"]);
  });

  test.each([
    ["an employee id", "Employee ID,Group\n7,Team\n"],
    ["an address, in any letter case", "Work Email,Group Name\nANN@acme.test,Team\n"],
    ["a user name", "username,team\nann@acme.test,Team\n"],
    ["an id, and by a name beside it", "user_id,email,group_id,group_name\n7,other@acme.test,G-1,Team\n"],
  ])("without a file of groups, groups are names; a person is named by %s", (_by, text) => {
    const { people, groups: none, mistakes: wrong } = read({ groups: null, memberships: text });
    expect(wrong).toEqual([]);
    expect([none, people.map(({ person }) => person.groups)]).toEqual([null, [["Team"], [], []]]);
  });

  test("are read by headings of one's own", () => {
    const map = { Wer: "member", Wo: "group", Nummer: "groupId", Titel: "groupName", Kennung: "externalId" };
    const {
      people,
      groups: named,
      mistakes: none,
    } = read({
      people: "Kennung,email\n7,ann@acme.test\n",
      groups: "Nummer,Titel\nG-1,Team\n",
      memberships: "Wer,Wo\n7,G-1\n",
      map,
    });
    expect(none).toEqual([]);
    expect([people[0]?.person.groups, named]).toEqual([["G-1"], [{ id: "G-1", name: "Team" }]]);
  });

  test("ids may also stand in the column of groups of the people file", () => {
    const { people, mistakes: none } = read({ people: "email,groups\nann@acme.test,G-1;G-2\n", memberships: null });
    expect([none, people[0]?.person.groups]).toEqual([[], ["G-1", "G-2"]]);
  });
});

describe("a mistake names its file, line and column", () => {
  test.each<readonly [string, Texts, readonly string[]]>([
    [
      "somebody and a group that there are not, and nothing",
      { memberships: "user_id,group_id\n77,G-1\n7,G-7\n,G-1\n8,\n" },
      [
        "user_groups.csv:2:1: user_id is nobody of the people file",
        "user_groups.csv:3:2: group_id is no group of the file of groups",
        "user_groups.csv:4:1: user_id is empty",
        "user_groups.csv:5:2: group_id is empty",
      ],
    ],
    [
      "a name that two people go by",
      {
        people: "id,email\n7,ann@acme.test\nann@acme.test,bob@acme.test\n",
        memberships: "email,group_id\nann@acme.test,G-1\n",
      },
      ["user_groups.csv:2:1: email is more than one person of the people file"],
    ],
    [
      "two groups of one id, and one without a name",
      { groups: "id,name\nG-1,Team\nG-2,\nG-1,Other\n" },
      ["groups.csv:3:2: name is empty", "groups.csv:4:1: id is the same as on line 2"],
    ],
    [
      "columns that are not there",
      { groups: "label\nTeam\n", memberships: "who,where\n7,G-1\n" },
      [
        "groups.csv:1:1: no column has ids of groups; name one with --map",
        "groups.csv:1:1: no column has names of groups; name one with --map",
        "user_groups.csv:1:1: no column has people; name one with --map",
        "user_groups.csv:1:1: no column has groups; name one with --map",
      ],
    ],
    [
      "names where there are ids",
      { memberships: "user_id,group\n7,Team\n" },
      ["user_groups.csv:1:1: no column has ids of groups, which --groups has; name one with --map"],
    ],
    [
      "two files that say it",
      { people: "email,groups\nann@acme.test,Team\n", memberships: "email,group_id\nann@acme.test,G-1\n" },
      ["users.csv:1:2: groups says who is in which group, and --memberships does; leave one of them out"],
    ],
    [
      "groups that nobody is said to be in",
      { memberships: null },
      ["groups.csv:1:1: says which groups there are, and nothing says who is in them; give --memberships"],
    ],
    [
      "nothing in them",
      { groups: "id,name\n", memberships: "" },
      [
        "groups.csv:1:1: has no group in it; the first line has the headings, each further line a group",
        "user_groups.csv:1:1: has no membership in it; the first line has the headings, each further line a person and a group",
      ],
    ],
  ])("%s", (_name, texts, said) => {
    expect(mistakes(texts)).toEqual(said);
  });

  test("a mapping of a file that is not given is wrong usage", () => {
    expect(() => read({ memberships: null, map: { Wer: "member" } })).toThrow(
      "--map Wer=member is about the file of --memberships",
    );
  });
});
