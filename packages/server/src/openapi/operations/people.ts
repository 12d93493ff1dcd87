import type { Operations } from "../operation.ts";

/** Users, groups, organizations and the link to the setup portal. */
export const peopleOperations: Operations = {
  "GET /directory_users": {
    operationId: "listDirectoryUsers",
    tag: "People",
    summary: "List users, each with its groups",
    isPaged: true,
    query: ["directory", "group", "idpId", "email"],
    success: { status: 200, schema: "DirectoryUserList" },
    refusals: { 404: { because: "There is no such directory or group." } },
  },
  "GET /directory_users/:id": {
    operationId: "getDirectoryUser",
    tag: "People",
    summary: "Get a user with its groups",
    success: { status: 200, schema: "DirectoryUserWithGroups" },
  },
  "GET /directory_groups": {
    operationId: "listDirectoryGroups",
    tag: "People",
    summary: "List groups",
    isPaged: true,
    query: ["directory", "user"],
    success: { status: 200, schema: "DirectoryGroupList" },
    refusals: { 404: { because: "There is no such directory or user." } },
  },
  "GET /directory_groups/:id": {
    operationId: "getDirectoryGroup",
    tag: "People",
    summary: "Get a group",
    success: { status: 200, schema: "DirectoryGroup" },
  },
  "GET /organizations": {
    operationId: "listOrganizations",
    tag: "Organizations",
    summary: "List organizations",
    isPaged: true,
    query: ["search", "domains"],
    success: { status: 200, schema: "OrganizationList" },
  },
  "POST /organizations": {
    operationId: "createOrganization",
    tag: "Organizations",
    summary: "Create an organization",
    isRepeatable: true,
    body: "OrganizationDraft",
    success: { status: 201, schema: "Organization" },
    refusals: { 400: { because: "`external_id_already_used`: another organization has it." } },
  },
  "GET /organizations/:id": {
    operationId: "getOrganization",
    tag: "Organizations",
    summary: "Get an organization",
    success: { status: 200, schema: "Organization" },
  },
  "PUT /organizations/:id": {
    operationId: "updateOrganization",
    tag: "Organizations",
    summary: "Change an organization",
    description:
      "What is left out stays. Of `metadata`, keys that are left out stay, too; null takes one out, and `{}` all. A list of domains replaces the one before.",
    body: "OrganizationChanges",
    success: { status: 200, schema: "Organization" },
    refusals: {
      400: {
        because:
          "`external_id_already_used` or `stripe_customer_id_already_used`: another organization has it; `invalid_metadata`: too many keys.",
      },
    },
  },
  "DELETE /organizations/:id": {
    operationId: "deleteOrganization",
    tag: "Organizations",
    summary: "Delete an organization with its directories and all they hold",
    description: "Each directory says `dsync.deleted`, and there is no other event.",
    success: { status: 202 },
  },
  "GET /organizations/external_id/:external_id": {
    operationId: "getOrganizationByExternalId",
    tag: "Organizations",
    summary: "Get an organization by the id that the app has for it",
    success: { status: 200, schema: "Organization" },
  },
  "POST /portal/generate_link": {
    operationId: "generatePortalLink",
    tag: "Portal",
    summary: "Create a link to the setup portal",
    description: "It opens the portal once, within five minutes.",
    isRepeatable: true,
    body: "PortalLinkDraft",
    success: { status: 201, schema: "PortalLink" },
    refusals: { 404: { because: "There is no such organization." } },
  },
};
