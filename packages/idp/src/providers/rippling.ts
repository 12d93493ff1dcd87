/**
 * Rippling, as a custom SCIM app with groups and PATCH switched on.
 *
 * Evidence is thin: what it asks for comes from workos.com/docs/integrations/rippling-scim, the rest from third parties. Its
 * e-mail carries no type, a group that exists is found after a 409, and so is a person whose POST was not answered and came
 * twice.
 */
import { enterpriseSchema, groupSchema, userSchema } from "../schemas.ts";
import { enterpriseParts, titleOf } from "./template.ts";
import type { ProviderTemplate } from "./template.ts";

/** Rippling. */
export const rippling: ProviderTemplate = {
  dialect: {
    provider: "Rippling",
    headers: { Accept: "application/json" },
    contentType: "application/json",
    timeoutMs: 60_000,
  },
  habits: { pushesGroups: true, deletesGroups: true, deletesPeople: true },
  probes: ["/ServiceProviderConfig", "/Users?startIndex=1&count=1"],
  trial: null,
  writeSuffix: "",
  users: {
    match: "filter",
    begins: "search",
    resends: true,
    searchesAlways: false,
    update: "put",
    switching: "patch",
    recreates: false,
    onCreate: {},
    profile: (person) => {
      const extension = enterpriseParts(person);
      return {
        schemas: extension === null ? [userSchema] : [userSchema, enterpriseSchema],
        userName: person.userName,
        externalId: `rip-${person.id}`,
        name: { givenName: person.givenName, familyName: person.familyName },
        emails: [{ value: person.email, primary: true }],
        ...titleOf(person),
        ...(extension === null ? {} : { [enterpriseSchema]: extension }),
      };
    },
  },
  groups: {
    match: "filter",
    begins: "post",
    profile: (group) => ({ schemas: [groupSchema], displayName: group.name, externalId: group.id }),
    membership: "list",
    removal: "filter",
    namesMembers: false,
  },
};
