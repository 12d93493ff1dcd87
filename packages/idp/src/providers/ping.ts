/**
 * PingFederate's SCIM provisioner and PingOne's provisioning connection (docs.pingidentity.com, read 2026-11).
 *
 * PingFederate searches for a person before every write, and knows no filter for groups: it reads all pages and compares
 * names itself. PingOne is set to overwrite members, so that every change sends them all.
 */
import { enterpriseSchema, groupSchema, userSchema } from "../schemas.ts";
import { enterpriseParts, titleOf } from "./template.ts";
import type { ProviderTemplate, UserTemplate } from "./template.ts";

const profile: UserTemplate["profile"] = (person) => {
  const extension = enterpriseParts(person);
  return {
    schemas: extension === null ? [userSchema] : [userSchema, enterpriseSchema],
    userName: person.userName,
    name: {
      givenName: person.givenName,
      familyName: person.familyName,
      formatted: `${person.givenName} ${person.familyName}`,
    },
    emails: [{ value: person.email, type: "work", primary: true }],
    ...titleOf(person),
    ...(extension === null ? {} : { [enterpriseSchema]: extension }),
  };
};

/** PingFederate, with groups pushed by PATCH and people deleted when they are removed. */
export const pingFederate: ProviderTemplate = {
  dialect: {
    provider: "PingFederate",
    headers: { Accept: "application/scim+json" },
    contentType: "application/scim+json;charset=UTF-8",
    timeoutMs: 60_000,
  },
  habits: { pushesGroups: true, deletesGroups: true, deletesPeople: true },
  probes: [],
  trial: null,
  writeSuffix: "",
  users: {
    match: "filter",
    begins: "search",
    searchesAlways: true,
    update: "put with id",
    switching: "with update",
    recreates: false,
    onCreate: {},
    profile,
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

/** PingOne, set to overwrite members. */
export const pingOne: ProviderTemplate = {
  ...pingFederate,
  dialect: {
    provider: "PingOne",
    headers: { Accept: "application/scim+json, application/json" },
    contentType: "application/json",
    timeoutMs: 60_000,
  },
  probes: ["/Users?startIndex=1&count=1"],
  users: { ...pingFederate.users, searchesAlways: false, update: "put" },
  groups: {
    match: "filter",
    begins: "search",
    profile: (group) => ({ schemas: [groupSchema], displayName: group.name, externalId: group.id }),
    membership: "whole list",
    removal: "list",
    namesMembers: false,
  },
};
