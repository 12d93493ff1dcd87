import { describe, expect, test } from "vitest";
import { resourceType, resourceTypes, schema, schemas, serviceProviderConfig } from "./discovery.ts";
import { enterpriseUserUrn, groupSchemaUrn, userSchemaUrn } from "./schema/schemas.ts";
import { defaultSettings } from "./settings.ts";

const baseUrl = "https://dirsync.example/scim/v2.0/key";

test("ServiceProviderConfig says what is supported (rippling-01, cyberark-01)", () => {
  expect(serviceProviderConfig(baseUrl)).toMatchObject({
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    patch: { supported: true },
    filter: { supported: true, maxResults: 1000 },
    authenticationSchemes: [{ type: "oauthbearertoken" }, { type: "httpbasic" }],
    meta: { location: `${baseUrl}/ServiceProviderConfig` },
  });
});

describe("resource types", () => {
  test.each([
    { name: "User", endpoint: "/Users", urn: userSchemaUrn },
    { name: "Group", endpoint: "/Groups", urn: groupSchemaUrn },
  ])("$name (cyberark-01)", ({ name, endpoint, urn }) => {
    expect(resourceType(baseUrl, defaultSettings, name)).toMatchObject({
      id: name,
      endpoint,
      schema: urn,
      meta: { location: `${baseUrl}/ResourceTypes/${name}` },
    });
  });

  test("the list holds both, another name nothing", () => {
    expect(resourceTypes(baseUrl, defaultSettings)).toMatchObject({
      totalResults: 2,
      Resources: [{ id: "User" }, { id: "Group" }],
    });
    expect(resourceType(baseUrl, defaultSettings, "toString")).toBeNull();
  });
});

describe("schemas", () => {
  test.each([userSchemaUrn, groupSchemaUrn, enterpriseUserUrn])("%s is found in any letter case", (urn) => {
    expect(schema(baseUrl, defaultSettings, urn.toUpperCase())).toMatchObject({
      id: urn,
      meta: { location: `${baseUrl}/Schemas/${urn}` },
    });
  });

  test("an unknown one is not found", () => {
    expect(schema(baseUrl, defaultSettings, "urn:none")).toBeNull();
    expect(schema(baseUrl, defaultSettings, "__proto__")).toBeNull();
  });

  test.each([
    [userSchemaUrn, ["externalId", "userName"]],
    [groupSchemaUrn, ["externalId", "displayName", "members"]],
  ])(
    "%s lists externalId too: Microsoft's validation of a gallery app looks every mapped attribute up",
    (urn, names) => {
      const { attributes } = schema(baseUrl, defaultSettings, urn) as unknown as { attributes: { name: string }[] };
      expect(attributes.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    },
  );

  test("every attribute has every characteristic of RFC 7643 section 7, and nothing else leaks", () => {
    const document = JSON.parse(JSON.stringify(schemas(baseUrl, defaultSettings))) as {
      Resources: { attributes: object[] }[];
    };
    const all = document.Resources.flatMap((one) => one.attributes).flatMap((attribute) => [
      attribute,
      ...("subAttributes" in attribute ? (attribute.subAttributes as object[]) : []),
    ]);
    expect(all.length).toBeGreaterThan(80);
    for (const attribute of all) {
      expect(Object.keys(attribute)).toEqual(
        expect.arrayContaining([
          "name",
          "type",
          "multiValued",
          "description",
          "required",
          "caseExact",
          "mutability",
          "returned",
          "uniqueness",
        ]),
      );
      expect(attribute).not.toHaveProperty("byName");
    }
  });
});
