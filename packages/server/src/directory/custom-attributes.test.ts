import { describe, expect, test } from "vitest";
import { enterpriseUserUrn } from "../scim/schema/schemas.ts";
import { customAttributes, snakeCase } from "./custom-attributes.ts";

test.each([
  ["employeeNumber", "employee_number"],
  ["profileUrl", "profile_url"],
  ["profileURL", "profile_url"],
  ["URLOfProfile", "url_of_profile"],
  ["x-badge", "x_badge"],
  ["line2Phone", "line2_phone"],
  ["already_snake", "already_snake"],
  ["Some.Name here", "some_name_here"],
  ["title", "title"],
])("%s becomes %s", (name, expected) => {
  expect(snakeCase(name)).toBe(expected);
});

describe("two attributes with one name are both kept", () => {
  const collided = {
    title: "Lead",
    jobTitle: "unknown core",
    [enterpriseUserUrn]: { jobTitle: "unknown enterprise", department: "QA" },
    "urn:b:2.0:User": { jobTitle: "b", departmentName: "b" },
    "urn:a:2.0:User": { jobTitle: "a", shift: "night" },
  };
  const expected = {
    job_title: "Lead",
    jobTitle: "unknown core",
    [`${enterpriseUserUrn}:jobTitle`]: "unknown enterprise",
    "urn:a:2.0:User:jobTitle": "a",
    "urn:b:2.0:User:jobTitle": "b",
    department_name: "QA",
    "urn:b:2.0:User:departmentName": "b",
    shift: "night",
  };

  test("the schema's own attribute has the short name", () => {
    expect(customAttributes(collided, [])).toEqual(expected);
  });

  test("whatever the order of the body", () => {
    const reversed = Object.fromEntries(Object.entries(collided).reverse());
    expect(customAttributes(reversed, [])).toEqual(expected);
  });
});

test("what is told elsewhere or must not be told is left out", () => {
  const user = {
    externalId: "e",
    active: false,
    name: { givenName: "A", familyName: "B" },
    x509Certificates: [{ value: "M" }],
  };
  expect(customAttributes(user, [])).toEqual({});
});
