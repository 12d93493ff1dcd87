/**
 * CyberArk Identity (once Idaptive), as a custom SCIM app (identity-developer.cyberark.com, read 2026-11).
 *
 * Verifying reads the discovery documents one by one. Roles are pushed as groups; a role that is taken from the app sends
 * nothing.
 */
import { enterpriseSchema, groupSchema, userSchema } from "../schemas.ts";
import { enterpriseParts, titleOf } from "./template.ts";
import type { ProviderTemplate } from "./template.ts";

/** CyberArk Identity. */
export const cyberArk: ProviderTemplate = {
  dialect: {
    provider: "CyberArk",
    headers: { Accept: "application/scim+json" },
    contentType: "application/scim+json",
    timeoutMs: 60_000,
  },
  habits: { pushesGroups: true, deletesGroups: false, deletesPeople: true },
  probes: [
    "/ServiceProviderConfig",
    "/ResourceTypes/User",
    "/ResourceTypes/Group",
    `/Schemas/${userSchema}`,
    `/Schemas/${groupSchema}`,
    "/Users?count=1",
  ],
  trial: null,
  writeSuffix: "",
  users: {
    match: "filter",
    begins: "search",
    searchesAlways: false,
    update: "put",
    switching: "with update",
    recreates: false,
    onCreate: {},
    profile: (person) => {
      const extension = enterpriseParts(person);
      return {
        schemas: [userSchema, enterpriseSchema],
        userName: person.userName,
        displayName: person.displayName,
        name: { givenName: person.givenName, familyName: person.familyName },
        emails: [{ type: "work", value: person.email, primary: true }],
        ...titleOf(person),
        ...(extension === null ? {} : { [enterpriseSchema]: extension }),
      };
    },
  },
  groups: {
    match: "filter",
    begins: "search",
    profile: (group) => ({ schemas: [groupSchema], displayName: group.name }),
    membership: "list",
    removal: "filter",
    namesMembers: true,
  },
};
