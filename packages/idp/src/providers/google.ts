/**
 * Google Workspace, as one of its catalogue connectors.
 *
 * Google has no SCIM client for addresses of one's own, so this is a guess at the connectors of its catalogue: people only,
 * suspended at once, deleted days later (support.google.com/a/answer/7681608).
 */
import { enterpriseSchema, userSchema } from "../schemas.ts";
import { enterpriseParts, titleOf } from "./template.ts";
import type { ProviderTemplate } from "./template.ts";

/** Google Workspace. */
export const google: ProviderTemplate = {
  dialect: {
    provider: "Google Workspace",
    headers: { Accept: "application/json" },
    contentType: "application/json; charset=utf-8",
    timeoutMs: 60_000,
  },
  habits: { pushesGroups: false, deletesGroups: false, deletesPeople: true },
  probes: ["/Users?startIndex=1&count=1"],
  trial: null,
  writeSuffix: "",
  users: {
    match: "filter",
    begins: "search",
    searchesAlways: false,
    update: "patch",
    switching: "patch",
    recreates: false,
    onCreate: {},
    profile: (person) => {
      const extension = enterpriseParts(person);
      return {
        schemas: extension === null ? [userSchema] : [userSchema, enterpriseSchema],
        userName: person.userName,
        name: { givenName: person.givenName, familyName: person.familyName },
        emails: [{ value: person.email, type: "work", primary: true }],
        ...titleOf(person),
        ...(extension === null ? {} : { [enterpriseSchema]: extension }),
      };
    },
  },
  groups: null,
};
