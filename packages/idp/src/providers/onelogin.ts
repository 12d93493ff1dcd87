/**
 * OneLogin, as a custom SCIM app with its standard template provisions people.
 *
 * Searches are form-encoded and end in `&`, writes go to addresses that end in `?`, and schema names are those from before
 * RFC 7643 (developers.onelogin.com/scim/implement-scim-api; requests logged in goauthentik/authentik #11249). A role that
 * is taken from the app sends nothing: only its people are switched off.
 */
import { groupSchema } from "../schemas.ts";
import { enterpriseParts, titleOf } from "./template.ts";
import type { ProviderTemplate } from "./template.ts";

const legacyCore = "urn:scim:schemas:core:2.0";
const legacyEnterprise = "urn:scim:schemas:extension:enterprise:2.0";

/** OneLogin. */
export const oneLogin: ProviderTemplate = {
  dialect: {
    provider: "OneLogin",
    headers: { Accept: "application/json" },
    contentType: "application/scim+json",
    timeoutMs: 60_000,
  },
  habits: { pushesGroups: true, deletesGroups: false, deletesPeople: true },
  probes: ["/Users?filter=userName+eq+%22no.such.user%40onelogin.test%22&"],
  trial: null,
  writeSuffix: "?",
  users: {
    match: "form filter",
    begins: "search",
    searchesAlways: false,
    update: "put",
    switching: "with update",
    recreates: false,
    onCreate: {},
    profile: (person) => {
      const extension = enterpriseParts(person);
      return {
        schemas: [legacyCore, legacyEnterprise],
        userName: person.userName,
        name: { givenName: person.givenName, familyName: person.familyName },
        emails: [{ value: person.email, type: "work", primary: true }],
        ...titleOf(person),
        ...(extension === null ? {} : { [legacyEnterprise]: extension }),
      };
    },
  },
  groups: {
    match: "pages",
    begins: "search",
    profile: (group) => ({ schemas: [groupSchema], displayName: group.name }),
    membership: "list",
    removal: "filter",
    namesMembers: false,
  },
};
