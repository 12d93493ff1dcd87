import { describe, expect, test } from "vitest";
import { enterpriseUserUrn } from "../scim/schema/schemas.ts";
import { normalizeGroup, normalizeUser } from "./normalize.ts";

describe("the e-mail of a person is the primary one, else work, else home, else none (contract.md 7.4)", () => {
  test.each([
    {
      emails: [
        { value: "w@x", type: "work" },
        { value: "p@x", primary: true },
      ],
      email: "p@x",
    },
    {
      emails: [
        { value: "h@x", type: "home" },
        { value: "w@x", type: "work" },
      ],
      email: "w@x",
    },
    {
      emails: [
        { value: "o@x", type: "other" },
        { value: "h@x", type: "HOME" },
      ],
      email: "h@x",
    },
    { emails: [{ value: "o@x", type: "other" }, { value: "u@x" }], email: null },
    { emails: [{ value: "w@x", type: "work", primary: false }], email: "w@x" },
    { emails: [{ value: "Sales@X.test", primary: true }], email: "Sales@X.test" },
    { emails: [{ value: "not an address", primary: true }], email: null },
    {
      emails: [
        { value: "broken", primary: true },
        { value: "w@x", type: "work" },
      ],
      email: "w@x",
    },
    { emails: [{ type: "work" }], email: "user@x.test" },
    { emails: undefined, email: "user@x.test" },
  ])("$emails", ({ emails, email }) => {
    expect(normalizeUser({ userName: "user@x.test", emails }).email).toBe(email);
  });

  test.each(["@x.test", "ann@", "ann@x@x.test", "an n@x.test", "ann@x.test\n", "", 7])("%j is no address", (value) => {
    expect(normalizeUser({ userName: "ann", emails: [{ value, primary: true }] }).email).toBeNull();
  });

  test("a userName stands in only when it is an address, and then among the e-mails too", () => {
    expect(normalizeUser({ userName: "user@x.test" }).custom_attributes["emails"]).toEqual([
      { primary: true, type: "work", value: "user@x.test" },
    ]);
    const without = normalizeUser({ userName: "user" });
    expect(without.email).toBeNull();
    expect(without.custom_attributes).not.toHaveProperty("emails");
  });
});

describe("an identity survives what changes around it", () => {
  test.each([
    { resource: { userName: "a@x", externalId: "e1" }, before: null, idp_id: "e1" },
    { resource: { userName: "a@x" }, before: null, idp_id: "a@x" },
    { resource: { userName: "a@x", externalId: "" }, before: null, idp_id: "a@x" },
    { resource: { userName: "a@x", externalId: " " }, before: { userName: "a@x", externalId: "e1" }, idp_id: "e1" },
    { resource: { userName: "b@x" }, before: { userName: "a@x" }, idp_id: "a@x" },
    { resource: { userName: "a@x" }, before: { userName: "a@x", externalId: "e1" }, idp_id: "e1" },
    { resource: { userName: "a@x", externalId: "e2" }, before: { userName: "a@x", externalId: "e1" }, idp_id: "e2" },
  ])("user $resource after $before", ({ resource, before, idp_id }) => {
    expect(normalizeUser(resource, before === null ? null : normalizeUser(before)).idp_id).toBe(idp_id);
  });

  test.each([
    { source: "okta-16, the name", resource: { displayName: "Payroll" }, before: null, idp_id: "Payroll" },
    {
      source: "okta-16, renamed",
      resource: { displayName: "EMEA" },
      before: { displayName: "Payroll" },
      idp_id: "Payroll",
    },
    { source: "entra-19", resource: { displayName: "S", externalId: "8aa1" }, before: null, idp_id: "8aa1" },
  ])("$source", ({ resource, before, idp_id }) => {
    const snapshot = normalizeGroup(resource, before === null ? null : normalizeGroup(before));
    expect(snapshot).toEqual({ idp_id, name: resource.displayName });
  });
});

describe("a person's name is built from its parts", () => {
  test.each([
    { name: { givenName: "Ann", familyName: "Lee", formatted: "Old Name" }, expected: ["Ann", "Lee", "Ann Lee"] },
    { name: { givenName: "Ann" }, expected: ["Ann", null, "Shown"] },
    { name: { familyName: "Lee", formatted: "Dr Lee" }, expected: [null, "Lee", "Dr Lee"] },
    { name: { givenName: "", familyName: " ", formatted: "Dr Lee" }, expected: [null, null, "Dr Lee"] },
    { name: undefined, expected: [null, null, "Shown"] },
  ])("$name", ({ name, expected }) => {
    const user = normalizeUser({ userName: "a@x", displayName: "Shown", name });
    expect([user.first_name, user.last_name, user.name]).toEqual(expected);
  });
});

test.each([
  { active: true, state: "active" },
  { active: false, state: "inactive" },
  { active: undefined, state: "active" },
])("active $active means $state", ({ active, state }) => {
  expect(normalizeUser({ userName: "a@x", active }).state).toBe(state);
});

test("custom attributes have the predefined names, and everything else that may change", () => {
  const user = normalizeUser({
    userName: "a@x",
    displayName: "Ann",
    title: "Lead",
    userType: "Employee",
    nickName: "A",
    locale: "sv-SE",
    timezone: "Europe/Stockholm",
    preferredLanguage: "sv",
    profileUrl: "https://x.test/a",
    name: { formatted: "Ann Lee", middleName: "B", honorificPrefix: "Dr" },
    emails: [{ value: "a@x", type: "work", primary: true, display: "Work" }, { value: "b@x" }],
    phoneNumbers: [{ value: "+46", type: "mobile" }],
    addresses: [
      { streetAddress: "1 Main St", postalCode: "9", formatted: "1 Main St, 9", type: "work", primary: true },
    ],
    roles: [{ value: "admin" }],
    entitlements: [{ value: "e" }],
    photos: [{ value: "https://x.test/a.png" }, { value: "data:image/png;base64,AAAA" }],
    x509Certificates: [{ value: "MII" }],
    [enterpriseUserUrn]: {
      employeeNumber: "7",
      costCenter: "C",
      organization: "O",
      division: "D",
      department: "QA",
      manager: { value: "m1", displayName: "Boss", email: "boss@x" },
    },
    "urn:acme:2.0:User": { badgeNumber: "B-9", employmentStartDate: "2021-06-27" },
    favouriteColor: "red",
  });
  expect(user.custom_attributes).toEqual({
    username: "a@x",
    display_name: "Ann",
    job_title: "Lead",
    employee_type: "Employee",
    nick_name: "A",
    locale: "sv-SE",
    timezone: "Europe/Stockholm",
    preferred_language: "sv",
    profile_url: "https://x.test/a",
    formatted_name: "Ann Lee",
    middle_name: "B",
    honorific_prefix: "Dr",
    emails: [
      { primary: true, type: "work", value: "a@x", display: "Work" },
      { primary: false, type: null, value: "b@x" },
    ],
    phone_numbers: [{ value: "+46", type: "mobile" }],
    addresses: [
      { street_address: "1 Main St", postal_code: "9", raw_address: "1 Main St, 9", type: "work", primary: true },
    ],
    scim_roles: [{ value: "admin" }],
    entitlements: [{ value: "e" }],
    photos: [{ value: "https://x.test/a.png" }],
    employee_number: "7",
    cost_center_name: "C",
    organization: "O",
    division_name: "D",
    department_name: "QA",
    manager_id: "m1",
    manager_name: "Boss",
    manager_email: "boss@x",
    badge_number: "B-9",
    employment_start_date: "2021-06-27",
    favourite_color: "red",
  });
});
