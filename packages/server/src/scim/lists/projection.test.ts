import { describe, expect, test } from "vitest";
import { parseProjection, project, wants } from "./projection.ts";
import { enterpriseUserUrn, groupSchemaUrn, userSchemaUrn } from "../schema/schemas.ts";

const body = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  id: "u1",
  userName: "ann",
  name: { givenName: "Ann", familyName: "Lee" },
  emails: [
    { value: "a@x", type: "work" },
    { value: "b@x", type: "home" },
  ],
  [enterpriseUserUrn]: { department: "QA", division: "D" },
  meta: { resourceType: "User", location: "/Users/u1" },
};
const { schemas, id } = body;
const { [enterpriseUserUrn]: _extension, ...core } = body;

describe("an answer carries what was asked for, and always id and schemas", () => {
  test.each([
    { attributes: "userName", shown: { schemas, id, userName: "ann" } },
    { attributes: "USERNAME , name.givenname", shown: { schemas, id, userName: "ann", name: { givenName: "Ann" } } },
    { attributes: "name.givenName,name.familyName", shown: { schemas, id, name: body.name } },
    { attributes: "emails.value", shown: { schemas, id, emails: [{ value: "a@x" }, { value: "b@x" }] } },
    { attributes: "emails.value,emails.type", shown: { schemas, id, emails: body.emails } },
    {
      attributes: `${enterpriseUserUrn}:department`,
      shown: { schemas, id, [enterpriseUserUrn]: { department: "QA" } },
    },
    { attributes: enterpriseUserUrn, shown: { schemas, id, [enterpriseUserUrn]: body[enterpriseUserUrn] } },
    { attributes: "urn:ietf:params:scim:schemas:core:2.0:User:userName", shown: { schemas, id, userName: "ann" } },
    { attributes: userSchemaUrn, shown: core },
    {
      attributes: `${userSchemaUrn},${enterpriseUserUrn}:division`,
      shown: { ...core, [enterpriseUserUrn]: { division: "D" } },
    },
    { attributes: "nickName", shown: { schemas, id } },
    { attributes: "", shown: body },
    { attributes: null, shown: body },
    { attributes: "a.b.c,__proto__", shown: body },
  ])("attributes=$attributes", ({ attributes, shown }) => {
    expect(project(body, parseProjection("User", { attributes, excludedAttributes: null }))).toEqual(shown);
  });

  test.each([
    { excludedAttributes: "emails,meta", gone: ["emails", "meta"] },
    { excludedAttributes: "EMAILS", gone: ["emails"] },
    { excludedAttributes: "id,schemas,name", gone: ["name"] },
    { excludedAttributes: enterpriseUserUrn, gone: [enterpriseUserUrn] },
    { excludedAttributes: userSchemaUrn, gone: ["userName", "name", "emails", "meta"] },
    { excludedAttributes: "members", gone: [] },
  ])("excludedAttributes=$excludedAttributes", ({ excludedAttributes, gone }) => {
    const shown = project(body, parseProjection("User", { attributes: null, excludedAttributes }));
    expect(shown).toEqual(Object.fromEntries(Object.entries(body).filter(([name]) => !gone.includes(name))));
  });

  test("a part can be left out", () => {
    const excludedAttributes = `name.familyName,emails.type,${enterpriseUserUrn}:division`;
    expect(project(body, parseProjection("User", { attributes: null, excludedAttributes }))).toEqual({
      ...body,
      name: { givenName: "Ann" },
      emails: [{ value: "a@x" }, { value: "b@x" }],
      [enterpriseUserUrn]: { department: "QA" },
    });
  });
});

test("an extension that nobody defined is named by its whole URN, whatever that ends in", () => {
  const urn = "urn:okta:onprem_app:1.0:user:custom";
  const extended = { ...body, [urn]: { badge: "7", floor: "3" } };
  const shown = (query: { attributes: string | null; excludedAttributes: string | null }) =>
    project(extended, parseProjection("User", query));
  expect(shown({ attributes: urn.toUpperCase(), excludedAttributes: null })).toEqual({
    schemas,
    id,
    [urn]: extended[urn],
  });
  expect(shown({ attributes: `${urn}:badge`, excludedAttributes: null })).toEqual({
    schemas,
    id,
    [urn]: { badge: "7" },
  });
  expect(shown({ attributes: null, excludedAttributes: urn })).toEqual(body);
});

test.each([
  { query: { attributes: null, excludedAttributes: "members" }, wanted: false },
  { query: { attributes: null, excludedAttributes: "Members" }, wanted: false },
  { query: { attributes: null, excludedAttributes: "members.display" }, wanted: true },
  { query: { attributes: "displayName", excludedAttributes: null }, wanted: false },
  { query: { attributes: "members.value", excludedAttributes: null }, wanted: true },
  { query: { attributes: groupSchemaUrn, excludedAttributes: null }, wanted: true },
  { query: { attributes: null, excludedAttributes: groupSchemaUrn }, wanted: false },
  { query: { attributes: null, excludedAttributes: null }, wanted: true },
])("members are worth loading for $query: $wanted", ({ query, wanted }) => {
  expect(wants(parseProjection("Group", query), "members")).toBe(wanted);
});
