/**
 * SailPoint Identity Security Cloud with its SCIM 2.0 connector (documentation.sailpoint.com; gravitational/teleport #61511).
 *
 * It aggregates accounts page by page rather than filtering, changes them by PATCH, and sends one request for each member of
 * a group, all at once, without another try.
 */
import { enterpriseSchema, groupSchema, userSchema } from "../schemas.ts";
import { enterpriseParts, titleOf } from "./template.ts";
import type { ProviderTemplate } from "./template.ts";

/** SailPoint. */
export const sailPoint: ProviderTemplate = {
  dialect: {
    provider: "SailPoint",
    headers: { Accept: "application/scim+json" },
    contentType: "application/scim+json",
    timeoutMs: 60_000,
  },
  habits: { pushesGroups: true, deletesGroups: true, deletesPeople: true },
  probes: ["/Users?startIndex=1&count=1"],
  trial: null,
  writeSuffix: "",
  users: {
    match: "pages",
    begins: "search",
    searchesAlways: false,
    update: "patch",
    switching: "patch",
    recreates: false,
    onCreate: {},
    profile: (person) => {
      const extension = enterpriseParts(person);
      return {
        schemas: [userSchema, enterpriseSchema],
        userName: person.userName,
        name: { givenName: person.givenName, familyName: person.familyName },
        emails: [{ type: "work", value: person.email, primary: true }],
        ...titleOf(person),
        ...(extension === null ? {} : { [enterpriseSchema]: extension }),
      };
    },
  },
  groups: {
    match: "pages",
    begins: "search",
    profile: (group) => ({ schemas: [groupSchema], displayName: group.name }),
    membership: "one request each",
    removal: "filter",
    namesMembers: false,
  },
};
