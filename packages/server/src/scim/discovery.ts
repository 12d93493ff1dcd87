import { bodyBytesMax } from "../http/limits.ts";
import { bulkOperationsMax } from "./bulk/request.ts";
import type { JsonObject } from "./json.ts";
import { countDefault, countMax } from "./lists/list.ts";
import type { AttributeDefinition, SchemaDefinition } from "./schema/definition.ts";
import { extensionsOf } from "./model.ts";
import type { ResourceType } from "./model.ts";
import { enterpriseUserUrn, groupSchemaUrn, knownSchemas, schemaByUrnOf, userSchemaUrn } from "./schema/schemas.ts";
import type { ScimSettings } from "./settings.ts";

/** `GET /ServiceProviderConfig` (RFC 7643 section 5). `baseUrl` ends at the directory, without a slash. */
export function serviceProviderConfig(baseUrl: string): JsonObject {
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
    patch: { supported: true },
    bulk: { supported: true, maxOperations: bulkOperationsMax, maxPayloadSize: bodyBytesMax },
    filter: { supported: true, maxResults: countMax },
    // RFC 9865 section 4.
    pagination: {
      cursor: true,
      index: true,
      defaultPaginationMethod: "index",
      defaultPageSize: countDefault,
      maxPageSize: countMax,
    },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: "oauthbearertoken",
        name: "Bearer token",
        description: "The token of the directory in the Authorization header.",
        specUri: "https://www.rfc-editor.org/info/rfc6750",
        primary: true,
      },
      {
        type: "httpbasic",
        name: "HTTP Basic",
        description: "The token of the directory as the password, with any user name.",
        specUri: "https://www.rfc-editor.org/info/rfc7617",
        primary: false,
      },
    ],
    meta: { resourceType: "ServiceProviderConfig", location: `${baseUrl}/ServiceProviderConfig` },
  };
}

/** `GET /ResourceTypes`, as a ListResponse. */
export function resourceTypes(baseUrl: string, settings: ScimSettings): JsonObject {
  return listOf(["User", "Group"].map((name) => resourceType(baseUrl, settings, name)));
}

/** `GET /ResourceTypes/:name` (RFC 7643 section 6); null when there is none. */
export function resourceType(baseUrl: string, { types }: ScimSettings, name: string): JsonObject | null {
  switch (name) {
    case "User":
      return {
        ...resourceTypeDocument(baseUrl, { name, endpoint: "/Users", schema: userSchemaUrn, description: "A person." }),
        schemaExtensions: [enterpriseUserUrn, ...idsOf(types.User)].map(extension),
      };
    case "Group":
      return {
        ...resourceTypeDocument(baseUrl, {
          name,
          endpoint: "/Groups",
          schema: groupSchemaUrn,
          description: "A group of people.",
        }),
        schemaExtensions: idsOf(types.Group).map(extension),
      };
    default:
      return null;
  }
}

/** `GET /Schemas`, as a ListResponse. */
export function schemas(baseUrl: string, { types }: ScimSettings): JsonObject {
  const all = [...knownSchemas, ...extensionsOf(types.User), ...extensionsOf(types.Group)];
  return listOf(all.map((definition) => schemaDocument(baseUrl, definition)));
}

/** `GET /Schemas/:urn` (RFC 7643 section 7), in any letter case; null when there is none. */
export function schema(baseUrl: string, { types }: ScimSettings, urn: string): JsonObject | null {
  const definition = schemaByUrnOf(urn, types.User) ?? schemaByUrnOf(urn, types.Group);
  return definition === undefined ? null : schemaDocument(baseUrl, definition);
}

function resourceTypeDocument(
  baseUrl: string,
  type: { readonly name: string; readonly endpoint: string; readonly schema: string; readonly description: string },
): JsonObject {
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
    id: type.name,
    ...type,
    meta: { resourceType: "ResourceType", location: `${baseUrl}/ResourceTypes/${type.name}` },
  };
}

function schemaDocument(baseUrl: string, definition: SchemaDefinition): JsonObject {
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
    id: definition.id,
    name: definition.name,
    description: definition.description,
    attributes: definition.attributes.map(attributeDocument),
    meta: { resourceType: "Schema", location: `${baseUrl}/Schemas/${definition.id}` },
  };
}

function attributeDocument(definition: AttributeDefinition): JsonObject {
  const { byName: _index, subAttributes, ...characteristics } = definition;
  return {
    ...characteristics,
    ...(subAttributes === undefined ? {} : { subAttributes: subAttributes.map(attributeDocument) }),
  };
}

function idsOf(type: ResourceType): readonly string[] {
  return extensionsOf(type).map(({ id }) => id);
}

function extension(urn: string): JsonObject {
  return { schema: urn, required: false };
}

function listOf(resources: readonly (JsonObject | null)[]): JsonObject {
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults: resources.length,
    startIndex: 1,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
