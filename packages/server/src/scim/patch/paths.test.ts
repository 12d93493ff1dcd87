import { describe, expect, test } from "vitest";
import { ann, annWith, home, patched, work } from "../../fixtures/patched-user.ts";
import { enterpriseUserUrn } from "../schema/schemas.ts";

const oktaUrn = "urn:okta:acme_app:1.0:user:custom";

describe("every form of path does what RFC 7644 section 3.5.2 says", () => {
  const tagged = annWith({ "urn:acme:2.0:User": { badge: "7", shift: "night" }, color: "red", desk: { floor: 1 } });
  test.each([
    {
      title: "remove a single value",
      operations: [{ op: "remove", path: "displayName" }],
      after: annWith({ displayName: undefined }),
    },
    {
      title: "remove ignores a value where it needs none",
      operations: [{ op: "remove", path: "displayName", value: {} }],
      after: annWith({ displayName: undefined }),
    },
    {
      title: "remove a part",
      operations: [{ op: "remove", path: "name.formatted" }],
      after: annWith({ name: { givenName: "Ann", familyName: "Lee" } }),
    },
    {
      title: "remove what is not there",
      operations: [
        { op: "remove", path: "nickName" },
        { op: "remove", path: 'ims[type eq "x"].value' },
      ],
      after: ann,
    },
    { title: "remove a list", operations: [{ op: "remove", path: "emails" }], after: annWith({ emails: undefined }) },
    {
      title: "remove selected elements",
      operations: [{ op: "remove", path: 'emails[type eq "home"]' }],
      after: annWith({ emails: [work] }),
    },
    {
      title: "remove a part of selected elements",
      operations: [{ op: "remove", path: "emails[primary eq true].type" }],
      after: annWith({ emails: [{ value: "ann@work.test", primary: true }, home] }),
    },
    {
      title: "remove the value of an element",
      operations: [{ op: "remove", path: 'emails[type eq "home"].value' }],
      after: annWith({ emails: [work] }),
    },
    {
      title: "remove exactly the values given",
      operations: [{ op: "remove", path: "emails", value: [{ value: "ANN@home.test" }] }],
      after: annWith({ emails: [work] }),
    },
    {
      title: "a value that names nothing removes nothing",
      operations: [{ op: "remove", path: "emails", value: [{ type: "home" }] }],
      after: ann,
    },
    { title: "remove an empty list of values", operations: [{ op: "remove", path: "emails", value: [] }], after: ann },
    {
      title: "remove an extension",
      operations: [{ op: "remove", path: enterpriseUserUrn }],
      after: annWith({ [enterpriseUserUrn]: undefined }),
    },
    {
      title: "the last attribute takes the extension with it",
      operations: [
        { op: "remove", path: `${enterpriseUserUrn}:department` },
        { op: "remove", path: `${enterpriseUserUrn}.manager` },
      ],
      after: annWith({ [enterpriseUserUrn]: undefined }),
    },
    {
      title: "replace the whole extension changes what it names",
      operations: [{ op: "replace", path: enterpriseUserUrn, value: { division: "D", department: null } }],
      after: annWith({ [enterpriseUserUrn]: { division: "D", manager: ann[enterpriseUserUrn].manager } }),
    },
    {
      title: "replace a selected element",
      operations: [{ op: "replace", path: 'emails[type eq "work"]', value: { value: "n@work.test" } }],
      after: annWith({ emails: [{ type: "work", value: "n@work.test" }, home] }),
    },
    {
      title: "add to a selected element",
      operations: [{ op: "add", path: 'emails[type eq "work"]', value: { display: "Work" } }],
      after: annWith({ emails: [{ ...work, display: "Work" }, home] }),
    },
    {
      title: "null for a selected element removes it",
      operations: [{ op: "replace", path: 'emails[type eq "home"]', value: null }],
      after: annWith({ emails: [work] }),
    },
    {
      title: "a part of every element",
      operations: [{ op: "replace", path: "emails.type", value: "other" }],
      after: annWith({
        emails: [
          { ...work, type: "other" },
          { ...home, type: "other" },
        ],
      }),
    },
    {
      title: "a part of no element makes one",
      operations: [{ op: "add", path: "phoneNumbers.value", value: "+1" }],
      after: annWith({ phoneNumbers: [{ value: "+1" }] }),
    },
    {
      title: "add a single object to a list",
      operations: [{ op: "add", path: "phoneNumbers", value: { value: "+1" } }],
      after: annWith({ phoneNumbers: [{ value: "+1" }] }),
    },
    {
      title: "add what is there as it is changes nothing, also where something else has the same value",
      operations: [{ op: "add", path: "roles", value: [{ value: "r" }, { value: "r", primary: true }] }],
      current: annWith({ roles: [{ value: "r" }, { value: "r", primary: true }] }),
      after: annWith({ roles: [{ value: "r" }, { value: "r", primary: true }] }),
    },
    {
      title: "add the primary value twice leaves it primary, with and without its type",
      operations: [
        {
          op: "add",
          path: "emails",
          value: [
            { value: "new@x.test", type: "work", primary: true },
            { value: "new@x.test", type: "work", primary: true },
            { value: "new@x.test", primary: true },
          ],
        },
      ],
      after: annWith({
        emails: [{ ...work, primary: false }, home, { value: "new@x.test", type: "work", primary: true }],
      }),
    },
    {
      title: "add a value that a later one takes the flag from leaves the primary one as it was",
      operations: [
        {
          op: "add",
          path: "emails",
          value: [
            { value: "new@x.test", primary: true },
            { value: "new@x.test", primary: false },
          ],
        },
      ],
      after: annWith({ emails: [work, home, { value: "new@x.test", primary: false }] }),
    },
    {
      title: "add null changes nothing in a list",
      operations: [{ op: "add", path: "emails", value: null }],
      after: ann,
    },
    {
      title: "replace a list with null",
      operations: [{ op: "replace", path: "emails", value: null }],
      after: annWith({ emails: undefined }),
    },
    {
      title: "several words in the filter",
      operations: [{ op: "add", path: 'emails[type eq "other" and primary eq false].value', value: "o@x.test" }],
      after: annWith({ emails: [work, home, { type: "other", primary: false, value: "o@x.test" }] }),
    },
    {
      title: "unknown attribute",
      operations: [{ op: "add", path: "favouriteColor", value: "red" }],
      after: annWith({ favouriteColor: "red" }),
    },
    {
      title: "unknown attribute in another case",
      current: tagged,
      operations: [{ op: "replace", path: "COLOR", value: "blue" }],
      after: { ...tagged, color: "blue" },
    },
    {
      title: "unknown part",
      current: tagged,
      operations: [{ op: "add", path: "desk.room", value: "1a" }],
      after: { ...tagged, desk: { floor: 1, room: "1a" } },
    },
    {
      title: "unknown list by filter",
      operations: [{ op: "add", path: 'badges[kind eq "door"].code', value: 7 }],
      after: annWith({ badges: [{ kind: "door", code: 7 }] }),
    },
    {
      title: "custom extension by path",
      current: tagged,
      operations: [{ op: "replace", path: "urn:acme:2.0:User:badge", value: "8" }],
      after: { ...tagged, "urn:acme:2.0:User": { badge: "8", shift: "night" } },
    },
    {
      title: "custom extension by path, dot",
      current: tagged,
      operations: [{ op: "replace", path: "urn:acme:2.0:User.badge", value: "8" }],
      after: { ...tagged, "urn:acme:2.0:User": { badge: "8", shift: "night" } },
    },
    {
      title: "custom extension as a whole",
      current: tagged,
      operations: [{ op: "replace", value: { "urn:acme:2.0:User": { badge: "8" } } }],
      after: { ...tagged, "urn:acme:2.0:User": { badge: "8", shift: "night" } },
    },
    {
      title: "remove a custom extension",
      current: tagged,
      operations: [{ op: "remove", path: "urn:ACME:2.0:User" }],
      after: { ...tagged, "urn:acme:2.0:User": undefined },
    },
    {
      title: "a custom extension whose URN ends with a word",
      current: annWith({ "urn:acme:staff": { badge: "7" } }),
      operations: [
        { op: "add", path: "urn:acme:staff:badge", value: "8" },
        { op: "remove", path: "urn:acme:staff:none" },
      ],
      after: annWith({ "urn:acme:staff": { badge: "8" } }),
    },
    {
      title: "removing such an extension",
      current: annWith({ "urn:acme:staff": { badge: "7" } }),
      operations: [{ op: "remove", path: "urn:acme:staff" }],
      after: ann,
    },
    ...[
      { content: { badge: "8", floor: 2 }, left: { badge: "8", teams: ["a"], floor: 2 } },
      { content: { Teams: null }, left: { badge: "7" } },
      { content: { badge: "8", teams: null }, left: { badge: "8" } },
      { content: {}, left: { badge: "7", teams: ["a"] } },
      { content: null, left: undefined },
    ].map(({ content, left }) => ({
      title: `Okta's own extension, whose URN reads like an attribute, by ${JSON.stringify(content)}`,
      current: annWith({ [oktaUrn]: { badge: "7", teams: ["a"] } }),
      operations: [{ op: "replace", value: { [oktaUrn]: content } }],
      after: left === undefined ? ann : annWith({ [oktaUrn]: left }),
    })),
    { title: "schemas", operations: [{ op: "add", path: "schemas", value: ["urn:acme:2.0:User"] }], after: ann },
    {
      title: "a leaver whose last address goes with them",
      operations: [
        { op: "replace", path: "active", value: false },
        { op: "replace", path: "userName", value: "ann" },
        { op: "remove", path: "emails" },
      ],
      after: annWith({ active: false, userName: "ann", emails: undefined }),
    },
    {
      title: "removing active lets nobody back in",
      current: annWith({ active: false }),
      operations: [
        { op: "remove", path: "active" },
        { op: "replace", path: "active", value: null },
        { op: "replace", value: { active: "" } },
      ],
      after: annWith({ active: false }),
    },
  ])("$title", ({ operations, after, current = ann }) => {
    const before = structuredClone(current);
    expect(patched(operations, current)).toEqual(after);
    expect(current).toEqual(before);
  });
});
