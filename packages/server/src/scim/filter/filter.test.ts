import { describe, expect, test } from "vitest";
import { ScimError } from "../error.ts";
import { compileFilter, lookupOf, matches, parseFilter } from "./filter.ts";
import { compileElementFilter } from "./filter.ts";
import type { ResourceType } from "../model.ts";

const user = {
  id: "u1",
  externalId: "Ext-7",
  userName: "Una.Hale@Contoso.test",
  displayName: 'Una "U" Hale',
  title: "CORP\\Lead",
  active: true,
  name: { givenName: "Una", familyName: "Hale" },
  emails: [
    { value: "una.hale@contoso.test", type: "work", primary: true },
    { value: "una@home.test", type: "home" },
  ],
  badge: 7,
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
    department: "R&D",
    employeeNumber: "0042",
    manager: { value: "m1", displayName: "Boss" },
  },
  "urn:acme:2.0:User": { shift: "night" },
  meta: { resourceType: "User", created: "2026-01-02T03:04:05.000Z", lastModified: "2026-02-03T04:05:06.000Z" },
};

const group = { id: "g1", displayName: "Sales EU", members: [{ value: "u1" }, { value: "u2" }] };

describe("a filter that providers send holds for the right resources", () => {
  test.each([
    // RFC 7644 section 3.4.2.2, and provider traffic in idps.md.
    { source: "okta-02", filter: 'userName eq "una.hale@contoso.test"', holds: true },
    { source: "entra-02, letter case", filter: 'userName eq "UNA.HALE@CONTOSO.TEST"', holds: true },
    { source: "entra-01", filter: 'userName eq "d1f2c0e6-5c52-4f6e-9a0c-0d9e4c2b1a77"', holds: false },
    { source: "entra-15", filter: 'externalId eq "Ext-7"', holds: true },
    { source: "RFC 7643 3.1: externalId is case exact", filter: 'externalId eq "ext-7"', holds: false },
    { source: "entra docs, unquoted", filter: "externalId eq Ext-7", holds: true },
    { source: "entra-15", filter: 'emails[type eq "work"].value eq "una.hale@contoso.test"', holds: true },
    { source: "entra-15", filter: 'emails[type eq "home"].value eq "una.hale@contoso.test"', holds: false },
    { source: "pingone-02", filter: 'emails.value eq "UNA@home.test"', holds: true },
    { source: "pingone-02, implicit value", filter: 'userName eq "x" or emails eq "una@home.test"', holds: true },
    { source: "generic-02", filter: 'USERNAME EQ "una.hale@contoso.test"', holds: true },
    { source: "idps.md 10, double spaces", filter: 'userName  eq   "una.hale@contoso.test" ', holds: true },
    { source: "entra reference check", filter: 'id eq "u1" and manager eq "m1"', holds: true },
    {
      source: "enterprise path",
      filter: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "r&d"',
      holds: true,
    },
    {
      source: "enterprise path, dot and case",
      filter: 'URN:IETF:PARAMS:SCIM:SCHEMAS:EXTENSION:ENTERPRISE:2.0:USER.manager.displayName sw "bo"',
      holds: true,
    },
    {
      source: "implicit value of a single complex attribute",
      filter: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "m1"',
      holds: true,
    },
    {
      source: "core URN prefix (scim-libs.md)",
      filter: 'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "una"',
      holds: true,
    },
    {
      source: "core URN with a filter in brackets",
      filter: 'urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work"]',
      holds: true,
    },
    { source: "custom extension", filter: 'urn:acme:2.0:User:shift eq "NIGHT"', holds: true },
    { source: "scim-libs.md, implicit value", filter: 'emails co "home.test"', holds: true },
    { source: "scim-libs.md", filter: 'emails[type eq "work" and value co "@contoso"]', holds: true },
    { source: "scim-libs.md", filter: 'emails[type eq "home" and value co "@contoso"]', holds: false },
    { source: "scim-libs.md", filter: 'not (userName eq "x")', holds: true },
    { source: "scim-libs.md", filter: 'not(userName sw "una")', holds: false },
    { source: "without parentheses", filter: 'not userName sw "una"', holds: false },
    { source: "precedence: and before or", filter: 'title pr or title pr and userName eq "x"', holds: true },
    { source: "precedence: parentheses", filter: '(title pr or title pr) and userName eq "x"', holds: false },
    { source: "boolean", filter: "active eq true", holds: true },
    { source: "boolean as text", filter: 'active eq "True"', holds: true },
    { source: "boolean", filter: "active ne true", holds: false },
    { source: "a value that is no boolean", filter: 'active eq "maybe"', holds: false },
    { source: "entra-14, flag in brackets", filter: 'emails[primary eq "True"].value ew "contoso.test"', holds: true },
    { source: "present", filter: "name.givenName pr", holds: true },
    { source: "absent", filter: "nickName pr", holds: false },
    { source: "absent part", filter: "name.middleName pr", holds: false },
    { source: "null", filter: "nickName eq null", holds: true },
    { source: "null", filter: "userName ne null", holds: true },
    { source: "quoted null is text", filter: 'nickName eq "null"', holds: false },
    { source: "ne on an absent attribute", filter: 'nickName ne "x"', holds: true },
    { source: "ne on a list is the opposite of eq", filter: 'emails.value ne "una@home.test"', holds: false },
    { source: "time", filter: 'meta.lastModified gt "2026-02-03T04:05:05Z"', holds: true },
    { source: "time in another zone", filter: 'meta.lastModified ge "2026-02-03T05:05:06.000+01:00"', holds: true },
    { source: "time", filter: 'meta.created lt "2026-01-02T03:04:05Z"', holds: false },
    { source: "a day of a time", filter: 'meta.created sw "2026-01-02"', holds: true },
    { source: "a year of a time", filter: 'meta.created sw "2025"', holds: false },
    { source: "a whole time as text", filter: 'meta.created co "2026-01-02T03:04:05.000Z"', holds: true },
    { source: "the end of a time", filter: 'meta.created ew "05.000Z"', holds: true },
    { source: "order of text", filter: 'userName ge "una"', holds: true },
    { source: "number", filter: "badge gt 6.5", holds: true },
    { source: "number", filter: 'badge eq "7"', holds: true },
    { source: "number against text", filter: 'badge lt "seven"', holds: false },
    {
      source: "digits as text keep zeros",
      filter: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber eq 0042",
      holds: true,
    },
    { source: "single quotation marks, as in SQL", filter: "userName eq 'una.hale@contoso.test'", holds: true },
    { source: "an apostrophe inside a word", filter: "displayName eq O'Neil", holds: false },
    { source: "escaped quotes (scim-libs.md)", filter: 'displayName eq "Una \\"U\\" Hale"', holds: true },
    { source: "escaped letter", filter: 'userName sw "\\u0055na"', holds: true },
    { source: "a backslash that escapes nothing", filter: 'title eq "CORP\\Lead"', holds: true },
    { source: "an escaped backslash", filter: 'title eq "CORP\\\\Lead"', holds: true },
    { source: "empty text", filter: 'userName co ""', holds: true },
    { source: "inherited names are no attributes", filter: "nickName.length pr", holds: false },
  ])("$source: $filter is $holds", ({ filter, holds }) => {
    expect(matches(parseFilter(filter), user, "User")).toBe(holds);
  });

  test.each([
    { filter: 'displayName eq "sales eu"', holds: true },
    { filter: 'id eq "g1" and members eq "u1"', holds: true },
    { filter: 'id eq "g1" and members eq "u3"', holds: false },
    { filter: 'members[value eq "u2"]', holds: true },
    { filter: 'members.value eq "U2"', holds: false },
    { filter: "active eq true", holds: false },
  ])("entra and scim 2 reference checks on groups: $filter is $holds", ({ filter, holds }) => {
    expect(matches(parseFilter(filter), group, "Group")).toBe(holds);
  });

  test("a user whose provider never said so is active", () => {
    const test = compileFilter(parseFilter("active eq true"), "User");
    expect(test({ userName: "x" })).toBe(true);
    expect(test({ userName: "x", active: false })).toBe(false);
  });

  test("a filter on an element works without a schema, and on plain values", () => {
    expect(compileElementFilter(parseFilter('value eq "x"'), null)({ value: "X" })).toBe(true);
    expect(compileElementFilter(parseFilter('value sw "x"'), null)("xy")).toBe(true);
    expect(compileElementFilter(parseFilter('value eq "x"'), null)(null)).toBe(false);
  });
});

describe("a filter that cannot be read is refused with invalidFilter", () => {
  test.each([
    "",
    " ",
    "userName",
    "userName eq",
    'userName eq "x',
    'userName is "x"',
    'eq "x"',
    'userName eq "x" and',
    'userName eq "x" userName eq "y"',
    '(userName eq "x"',
    'userName eq "x")',
    'emails[type eq "work"',
    'emails[type eq "work"]] pr',
    "emails[]",
    'emails[type eq "work"].value',
    'emails[type eq "work"] .value eq "x"',
    'a.b.c eq "x"',
    '1a eq "x"',
    '__proto__ eq "x"',
    "constructor.prototype pr",
    "toString pr",
    'urn:acme:2.0:User:__proto__ eq "x"',
    'urn:ietf:params:scim:schemas:core:2.0:User eq "x"',
    '"userName" eq "x"',
    "not",
    "()",
    'userName eq ("x")',
    "active gt true",
    "active le false",
  ])("%s", (filter) => {
    expect(() => compileFilter(parseFilter(filter), "User")).toThrow(ScimError);
    expect(refusalOf(() => compileFilter(parseFilter(filter), "User"))).toMatchObject({
      status: 400,
      scimType: "invalidFilter",
    });
  });
});

describe("a filter over a limit is refused, one at the limit is taken", () => {
  const terms = (count: number): string => Array.from({ length: count }, () => "id pr").join(" and ");
  const nested = (depth: number): string => `${"(".repeat(depth)}id pr${")".repeat(depth)}`;
  const long = (bytes: number): string => `id eq "${"x".repeat(bytes - 8)}"`;

  test.each([
    { limit: "64 comparisons", at: terms(64), over: terms(65) },
    { limit: "16 levels of parentheses", at: nested(16), over: nested(17) },
    { limit: "16 times not", at: `${"not ".repeat(16)}id pr`, over: `${"not ".repeat(17)}id pr` },
    { limit: "2 KiB", at: long(2048), over: long(2049) },
    { limit: "2 KiB of UTF-8", at: `id eq "${"é".repeat(1020)}"`, over: `id eq "${"é".repeat(1021)}"` },
  ])("$limit", ({ at, over }) => {
    expect(() => parseFilter(at)).not.toThrow();
    expect(refusalOf(() => parseFilter(over))).toMatchObject({ status: 400, scimType: "invalidFilter" });
  });
});

describe("an equality on an indexed attribute becomes a look-up", () => {
  test.each([
    { type: "User", filter: 'userName eq "A@b"', lookup: { attribute: "userName", value: "A@b", needsMatch: false } },
    { type: "User", filter: "EXTERNALID EQ 7", lookup: { attribute: "externalId", value: "7", needsMatch: false } },
    { type: "User", filter: 'id eq "x"', lookup: { attribute: "id", value: "x", needsMatch: false } },
    {
      type: "User",
      filter: 'emails.value eq "x"',
      lookup: { attribute: "emails.value", value: "x", needsMatch: false },
    },
    { type: "User", filter: 'emails eq "x"', lookup: { attribute: "emails.value", value: "x", needsMatch: false } },
    {
      type: "User",
      filter: 'emails[type eq "work"].value eq "x"',
      lookup: { attribute: "emails.value", value: "x", needsMatch: true },
    },
    {
      type: "User",
      filter: 'emails[type eq "work" and value eq "x"]',
      lookup: { attribute: "emails.value", value: "x", needsMatch: true },
    },
    {
      type: "User",
      filter: 'active eq true and emails eq "y" and userName eq "x"',
      lookup: { attribute: "userName", value: "x", needsMatch: true },
    },
    {
      type: "User",
      filter: 'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "x"',
      lookup: { attribute: "userName", value: "x", needsMatch: false },
    },
    {
      type: "Group",
      filter: 'displayName eq "Sales"',
      lookup: { attribute: "displayName", value: "Sales", needsMatch: false },
    },
    {
      type: "Group",
      filter: 'members eq "u1" and id eq "g1"',
      lookup: { attribute: "id", value: "g1", needsMatch: true },
    },
    {
      type: "Group",
      filter: 'members[value eq "u1"]',
      lookup: { attribute: "members.value", value: "u1", needsMatch: false },
    },
    {
      type: "Group",
      filter: 'members[value eq "u1" and display sw "a"]',
      lookup: { attribute: "members.value", value: "u1", needsMatch: true },
    },
    {
      type: "Group",
      filter: 'members[display eq "Ann"].value sw "u"',
      lookup: { attribute: "members.display", value: "Ann", needsMatch: true },
    },
    {
      type: "Group",
      filter: 'members.display eq "Ann"',
      lookup: { attribute: "members.display", value: "Ann", needsMatch: false },
    },
    {
      type: "User",
      filter: 'groups eq "g1"',
      lookup: { attribute: "groups.value", value: "g1", needsMatch: false },
    },
    {
      type: "User",
      filter: 'active eq true and groups[display eq "Sales"]',
      lookup: { attribute: "groups.display", value: "Sales", needsMatch: true },
    },
    { type: "Group", filter: 'members[value.display eq "u1"]', lookup: null },
    { type: "Group", filter: 'members.type eq "User"', lookup: null },
    { type: "Group", filter: 'groups.value eq "g1"', lookup: null },
    { type: "User", filter: 'displayName eq "x"', lookup: null },
    { type: "Group", filter: 'userName eq "x"', lookup: null },
    { type: "User", filter: 'userName eq "x" or id eq "y"', lookup: null },
    { type: "User", filter: 'not (userName eq "x")', lookup: null },
    { type: "User", filter: 'userName ne "x"', lookup: null },
    { type: "User", filter: "userName eq null", lookup: null },
    { type: "User", filter: "userName pr", lookup: null },
    { type: "User", filter: 'emails.type eq "work"', lookup: null },
    { type: "User", filter: 'emails[type eq "work"]', lookup: null },
    { type: "User", filter: 'emails[value eq "x" or type eq "work"]', lookup: null },
    { type: "User", filter: 'urn:acme:2.0:User:userName eq "x"', lookup: null },
  ] as const)("$type: $filter", ({ type, filter, lookup }) => {
    expect(lookupOf(parseFilter(filter), type satisfies ResourceType)).toEqual(lookup);
  });
});

function refusalOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
