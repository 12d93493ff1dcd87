import { expect, test } from "vitest";
import { matches, parseFilter } from "./filter.ts";
import type { TypeName } from "../model.ts";
import { enterpriseUserUrn } from "../schema/schemas.ts";

const user = {
  id: "u1",
  userName: "una@x.test",
  division: "own",
  [enterpriseUserUrn]: { department: "R&D", division: "extended", manager: { value: "m1", displayName: "Boss" } },
};

const cases: readonly (readonly [filter: string, type: TypeName, holds: boolean])[] = [
  // Microsoft's documentation of its SCIM client: what it asks before it writes a manager.
  ["id eq u1 and manager eq m1", "User", true],
  ["id eq u1 and manager eq m2", "User", false],
  ['manager[value eq "m1"]', "User", true],
  ['Manager.DisplayName sw "bo"', "User", true],
  ['DEPARTMENT eq "r&d"', "User", true],
  ["costCenter pr", "User", false],
  ['division eq "own"', "User", true],
  ['division eq "extended"', "User", false],
  ['department eq "R&D"', "Group", false],
];

test.each(cases)(
  "an enterprise attribute is met without its URN, unless there is one of that name: %s on a %s is %s",
  (filter, type, holds) => {
    expect(matches(parseFilter(filter), user, type)).toBe(holds);
  },
);
