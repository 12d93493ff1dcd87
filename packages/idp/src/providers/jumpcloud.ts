/**
 * JumpCloud, as a custom identity management integration.
 *
 * Activating it is not a mere test: it creates a person and a group, changes both, and deletes them again (JumpCloud,
 * "Custom SCIM Identity Management"). Members are removed by a value list, as Entra ID does.
 */
import { enterpriseSchema, groupSchema, userSchema } from "../schemas.ts";
import { enterpriseParts, titleOf } from "./template.ts";
import type { ProviderTemplate } from "./template.ts";
import type { Person } from "../people.ts";

const trialPerson: Person = {
  id: "activation",
  userName: "jumpcloud.activation@example.com",
  email: "jumpcloud.activation@example.com",
  givenName: "Test",
  familyName: "User",
  displayName: "Test User",
};

/** JumpCloud. */
export const jumpCloud: ProviderTemplate = {
  dialect: {
    provider: "JumpCloud",
    headers: { Accept: "*/*" },
    contentType: "application/json",
    timeoutMs: 60_000,
  },
  habits: { pushesGroups: true, deletesGroups: true, deletesPeople: true },
  probes: ["/Users?count=1&startIndex=1"],
  trial: {
    person: trialPerson,
    changed: { ...trialPerson, familyName: "Updated", displayName: "Test Updated" },
    group: { id: "activation", name: "JumpCloud test group" },
  },
  writeSuffix: "",
  users: {
    match: "filter",
    begins: "search",
    searchesAlways: false,
    update: "put",
    switching: "patch",
    recreates: false,
    onCreate: {},
    profile: (person) => {
      const extension = enterpriseParts(person);
      return {
        schemas: [userSchema, enterpriseSchema],
        userName: person.userName,
        name: { familyName: person.familyName, givenName: person.givenName },
        displayName: person.displayName,
        emails: [{ value: person.email, type: "work", primary: true }],
        externalId: `jc-${person.id}`,
        ...titleOf(person),
        ...(extension === null ? {} : { [enterpriseSchema]: extension }),
      };
    },
  },
  groups: {
    match: "filter",
    begins: "post",
    profile: (group) => ({ schemas: [groupSchema], displayName: group.name }),
    membership: "list",
    removal: "list",
    namesMembers: false,
  },
};
