/**
 * A client that keeps to the RFCs, as authentik and others are.
 *
 * An update is a PUT to the id it remembers; a 404 makes it create the account again (goauthentik/authentik).
 */
import { enterpriseSchema, groupSchema, userSchema } from "../schemas.ts";
import { enterpriseParts, titleOf } from "./template.ts";
import type { ProviderTemplate } from "./template.ts";

/** A client without a habit of its own. */
export const generic: ProviderTemplate = {
  dialect: {
    provider: "Generic SCIM client",
    headers: { Accept: "application/scim+json" },
    contentType: "application/scim+json",
    timeoutMs: 60_000,
  },
  habits: { pushesGroups: true, deletesGroups: true, deletesPeople: true },
  probes: ["/ServiceProviderConfig"],
  trial: null,
  writeSuffix: "",
  users: {
    match: "filter",
    begins: "search",
    searchesAlways: false,
    update: "put",
    switching: "with update",
    recreates: true,
    onCreate: {},
    profile: (person) => {
      const extension = enterpriseParts(person);
      return {
        schemas: extension === null ? [userSchema] : [userSchema, enterpriseSchema],
        userName: person.userName,
        externalId: person.id,
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
    profile: (group) => ({ schemas: [groupSchema], displayName: group.name, externalId: group.id }),
    membership: "list",
    removal: "filter",
    namesMembers: false,
  },
};
