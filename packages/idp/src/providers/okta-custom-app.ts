/**
 * Okta, as an app made by its app wizard (AIW) provisions people.
 *
 * Such an app changes people and groups by PUT alone, and cannot be switched to PATCH: an account is switched off by a PUT
 * with `active: false`, and every change of a group sends it whole, id included (Okta, SCIM FAQs; simpleidserver #247).
 */
import { groupSchema } from "../schemas.ts";
import { oktaDialect, oktaProfile, passwordPlaceholder } from "./okta.ts";
import type { ProviderTemplate } from "./template.ts";

/** Okta, for an app made by its wizard. */
export const oktaCustomApp: ProviderTemplate = {
  dialect: { ...oktaDialect, provider: "Okta (custom app)" },
  habits: { pushesGroups: true, deletesGroups: true, deletesPeople: false },
  probes: ["/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=100"],
  trial: null,
  writeSuffix: "",
  users: {
    match: "filter",
    begins: "search",
    searchesAlways: false,
    update: "read and put",
    switching: "with update",
    recreates: false,
    onCreate: { groups: [], password: passwordPlaceholder },
    profile: oktaProfile,
  },
  groups: {
    match: "filter",
    begins: "search",
    profile: (group) => ({ schemas: [groupSchema], displayName: group.name }),
    membership: "whole group",
    removal: "filter",
    namesMembers: true,
  },
};
