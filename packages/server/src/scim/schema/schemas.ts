import { extensionsOf, nameOf } from "../model.ts";
import type { ResourceType } from "../model.ts";
import { defineSchema, list, one, type AttributeDefinition, type SchemaDefinition } from "./definition.ts";

/** The core User schema (RFC 7643 section 4.1). */
export const userSchemaUrn = "urn:ietf:params:scim:schemas:core:2.0:User";
/** The core Group schema (RFC 7643 section 4.2). */
export const groupSchemaUrn = "urn:ietf:params:scim:schemas:core:2.0:Group";
/** The enterprise extension of User (RFC 7643 section 4.3). */
export const enterpriseUserUrn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/**
 * Common to all resources, but part of each core schema: Microsoft's validation of gallery apps looks every attribute that Entra
 * maps up in `/Schemas`, and RFC 7643 section 3.1 does not forbid it.
 */
const externalId = one("externalId", "Id the identity provider gave the resource.", { caseExact: true });

const userSchema = defineSchema({ id: userSchemaUrn, name: "User", description: "A person." }, [
  externalId,
  one("userName", "Unique name of the person, compared without regard to letter case.", {
    required: true,
    uniqueness: "server",
  }),
  one("name", "The parts of the person's name.", {
    type: "complex",
    subAttributes: [
      one("formatted", "The full name, ready for display."),
      one("familyName", "Family name, or last name."),
      one("givenName", "Given name, or first name."),
      one("middleName", "Middle name."),
      one("honorificPrefix", "Title before the name."),
      one("honorificSuffix", "Suffix after the name."),
    ],
  }),
  one("displayName", "Name shown to other people."),
  one("nickName", "Casual name."),
  one("profileUrl", "Address of the person's profile page.", { type: "reference", referenceTypes: ["external"] }),
  one("title", "Job title."),
  one("userType", "Relation to the organization, such as Employee or Contractor."),
  one("preferredLanguage", "Preferred written or spoken language."),
  one("locale", "Locale for numbers, dates and currency."),
  one("timezone", "Time zone, as an Olson name."),
  one("active", "False once the person must no longer have access.", { type: "boolean" }),
  one("password", "Accepted and thrown away: this service never keeps or checks passwords.", {
    mutability: "writeOnly",
    returned: "never",
  }),
  list("emails", "E-mail addresses.", { values: "work home other" }),
  list("phoneNumbers", "Telephone numbers.", { values: "work home mobile fax pager other" }),
  list("ims", "Instant messaging addresses.", { values: "aim gtalk icq xmpp msn skype qq yahoo" }),
  list("photos", "Addresses of pictures.", {
    values: "photo thumbnail",
    value: { type: "reference", referenceTypes: ["external"], caseExact: true },
  }),
  one("addresses", "Postal addresses.", {
    type: "complex",
    multiValued: true,
    subAttributes: [
      one("formatted", "The whole address, ready for display."),
      one("streetAddress", "Street, house number and the like."),
      one("locality", "City or place."),
      one("region", "State or region."),
      one("postalCode", "Postal code."),
      one("country", "Country, as an ISO 3166-1 code."),
      one("type", "What the address is for.", { canonicalValues: ["work", "home", "other"] }),
      one("primary", "True for the preferred address.", { type: "boolean" }),
    ],
  }),
  one("groups", "Groups the person is in, shown where `attributes` names them. Change it through the group.", {
    type: "complex",
    multiValued: true,
    mutability: "readOnly",
    // Not by default: a member who comes or goes would be a change of the person, and each person a query of a list.
    returned: "request",
    subAttributes: [
      one("value", "Id of the group.", { mutability: "readOnly", caseExact: true }),
      one("$ref", "Address of the group.", {
        type: "reference",
        referenceTypes: ["User", "Group"],
        mutability: "readOnly",
        caseExact: true,
      }),
      one("display", "Name of the group.", { mutability: "readOnly" }),
      one("type", "Whether the membership is direct.", {
        mutability: "readOnly",
        canonicalValues: ["direct", "indirect"],
      }),
    ],
  }),
  list("entitlements", "What the person is entitled to."),
  list("roles", "Roles of the person."),
  list("x509Certificates", "Certificates.", { value: { type: "binary", caseExact: true } }),
]);

const enterpriseUserSchema = defineSchema(
  { id: enterpriseUserUrn, name: "EnterpriseUser", description: "A person at work." },
  [
    one("employeeNumber", "Number the organization gave the person."),
    one("costCenter", "Cost center."),
    one("organization", "Organization."),
    one("division", "Division."),
    one("department", "Department."),
    one("manager", "The person's manager.", {
      type: "complex",
      subAttributes: [
        one("value", "Id of the manager.", { caseExact: true }),
        one("$ref", "Address of the manager.", { type: "reference", referenceTypes: ["User"], caseExact: true }),
        one("displayName", "Name of the manager."),
      ],
    }),
  ],
);

const groupSchema = defineSchema({ id: groupSchemaUrn, name: "Group", description: "A group of people." }, [
  externalId,
  one("displayName", "Name of the group, compared without regard to letter case.", { required: true }),
  one("members", "People in the group.", {
    type: "complex",
    multiValued: true,
    subAttributes: [
      one("value", "Id of the member.", { mutability: "immutable", caseExact: true }),
      one("$ref", "Address of the member.", {
        type: "reference",
        referenceTypes: ["User", "Group"],
        mutability: "immutable",
        caseExact: true,
      }),
      one("type", "What kind of member it is.", { mutability: "immutable", canonicalValues: ["User", "Group"] }),
      one("display", "Name of the member.", { mutability: "immutable" }),
    ],
  }),
]);

/** The other attributes of every resource (RFC 7643 section 3.1). Schema documents do not list them. */
const commonSchema = defineSchema({ id: "", name: "Common", description: "Attributes of every resource." }, [
  one("id", "Id this service gave the resource.", { mutability: "readOnly", returned: "always", caseExact: true }),
  one("schemas", "Schemas of the resource.", { multiValued: true, returned: "always", caseExact: true }),
  one("meta", "What this service notes about the resource.", {
    type: "complex",
    mutability: "readOnly",
    subAttributes: [
      one("resourceType", "User or Group.", { mutability: "readOnly", caseExact: true }),
      one("created", "When the resource was created.", { type: "dateTime", mutability: "readOnly" }),
      one("lastModified", "When the resource was last changed.", { type: "dateTime", mutability: "readOnly" }),
      one("location", "Address of the resource.", { type: "reference", mutability: "readOnly", caseExact: true }),
      one("version", "Entity tag.", { mutability: "readOnly", caseExact: true }),
    ],
  }),
]);

/** Every schema that all directories have, in the order in which discovery lists them. */
export const knownSchemas: readonly SchemaDefinition[] = [userSchema, groupSchema, enterpriseUserSchema];

const schemaByUrn: ReadonlyMap<string, SchemaDefinition> = new Map(
  knownSchemas.map((schema) => [schema.id.toLowerCase(), schema]),
);

/** The core schema of a resource type. */
export function coreSchemaOf(type: ResourceType): SchemaDefinition {
  return nameOf(type) === "User" ? userSchema : groupSchema;
}

/** The schema with this URN, in any letter case, of every directory or added to the type; undefined for any other. */
export function schemaByUrnOf(urn: string, type: ResourceType): SchemaDefinition | undefined {
  const folded = urn.toLowerCase();
  return schemaByUrn.get(folded) ?? extensionsOf(type).find(({ id }) => id.toLowerCase() === folded);
}

/** Every schema whose URN may stand in a path. */
export function schemasOfPaths(type: ResourceType): readonly SchemaDefinition[] {
  const extensions = extensionsOf(type);
  return extensions.length === 0 ? knownSchemas : [...extensions, ...knownSchemas];
}

/** True for the URN of a core schema, whose attributes stand at the top level of a resource. */
export function isCoreUrn(urn: string): boolean {
  return urn === userSchemaUrn || urn === groupSchemaUrn;
}

/** The definition of a top-level attribute, by name in any letter case; undefined when the schema has none. */
export function coreAttribute(type: ResourceType, name: string): AttributeDefinition | undefined {
  const folded = name.toLowerCase();
  return coreSchemaOf(type).byName.get(folded) ?? commonSchema.byName.get(folded);
}
