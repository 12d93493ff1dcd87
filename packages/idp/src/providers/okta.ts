/**
 * Okta, as an app of its integration network (OIN) provisions users.
 *
 * What it sends for each act (Okta SCIM 2.0 reference, developer.okta.com/docs/reference/scim/scim-20, read 2026-11):
 *
 *   assign      GET by userName filter; no match: POST. A match: GET by id, then PUT the whole resource back.
 *   update      GET by id, then PUT the same resource with Okta's values over it. Read-only parts are echoed.
 *   off, on     PATCH without a path: {"active": false}. On begins with a search.
 *   delete      nothing: Okta never deletes an account.
 *   group       GET by displayName filter, POST with an empty member list, PATCH for everything after.
 *               Each membership PATCH is preceded by one that repeats id and displayName, renamed or not.
 */
import { createScimClient, equalsFilter, resourcePath } from "../client.ts";
import type { ScimCall, ScimClient, ScimDialect, ScimResource } from "../client.ts";
import type { Person } from "../people.ts";
import type { Group, IdentityProvider, ProviderOptions } from "../provider.ts";
import { RemoteIds } from "../remote-ids.ts";
import { enterpriseSchema, groupSchema, patchSchema, userSchema } from "../schemas.ts";

/** Connects Okta (OIN app) to one directory. Sends nothing yet. @throws ConfigError for an unusable address or token. */
export function connectOkta(options: ProviderOptions): IdentityProvider {
  return new Okta(createScimClient(oktaDialect, options));
}

/** Okta's HTTP client, whatever kind of app it works for. */
export const oktaDialect: ScimDialect = {
  provider: "Okta",
  headers: { "User-Agent": "Okta SCIM Client 1.0.0", Accept: "application/scim+json", "Accept-Charset": "utf-8" },
  contentType: "application/scim+json;charset=utf-8",
  // Okta gives up on a socket after 60 s without a reply.
  timeoutMs: 60_000,
};

/** Okta always sends a password on create, even when passwords are not synchronised. The value means nothing. */
export const passwordPlaceholder = "T3mp-1mXJHQ!";

// A search without a match may be an empty list or a 404 with an Error body; Okta takes both.
const searchStatuses = [200, 404];
const patchStatuses = [200, 204];

class Okta implements IdentityProvider {
  readonly name = oktaDialect.provider;
  readonly habits = { pushesGroups: true, deletesGroups: true, deletesPeople: false };
  readonly #client: ScimClient;
  readonly #users: RemoteIds;
  readonly #groups: RemoteIds;
  /** People Okta has switched off; deleting one of them later sends nothing. */
  readonly #inactive = new Set<string>();

  constructor(client: ScimClient) {
    this.#client = client;
    this.#users = new RemoteIds(this.name, (userName) => this.#search("Users", "userName", userName));
    this.#groups = new RemoteIds(this.name, (groupName) => this.#search("Groups", "displayName", groupName));
  }

  async testConnection(): Promise<void> {
    const call = { purpose: "test the connection to", method: "GET", accept: [200] } as const;
    const users = await this.#client.call({ ...call, subject: "the users", path: "/Users?startIndex=1&count=2" });
    users.list();
    const groups = await this.#client.call({ ...call, subject: "the groups", path: "/Groups?startIndex=1&count=100" });
    groups.list();
  }

  async assign(person: Person): Promise<void> {
    // The search comes first even for somebody assigned before: an assignment is a new task to Okta.
    this.#users.forget(known(person));
    this.#inactive.delete(person.id);
    const remoteId = await this.#users.find(known(person));
    if (remoteId !== null) {
      await this.#pushProfile(person, remoteId, { active: true });
      return;
    }
    const body = { ...oktaProfile(person), groups: [], password: passwordPlaceholder, active: true };
    const answer = await this.#client.call({
      purpose: "create the user",
      subject: person.userName,
      method: "POST",
      path: "/Users",
      body,
      accept: [200, 201],
    });
    // Okta reports "Create new user returned empty user" here; resource() throws for the same reason.
    this.#users.remember(known(person), answer.resource().id);
  }

  async update(person: Person): Promise<void> {
    await this.#users.use(known(person), (remoteId) => this.#pushProfile(person, remoteId, {}));
  }

  async deactivate(person: Person): Promise<void> {
    await this.#users.use(known(person), (remoteId) => this.#setActive(person, remoteId, false));
    this.#inactive.add(person.id);
  }

  async reactivate(person: Person): Promise<void> {
    this.#users.forget(known(person));
    await this.#users.use(known(person), (remoteId) => this.#setActive(person, remoteId, true));
    this.#inactive.delete(person.id);
  }

  async remove(person: Person): Promise<void> {
    // Okta demands that a user is deactivated before it can be deleted, and the deletion itself sends nothing.
    if (!this.#inactive.has(person.id)) {
      await this.deactivate(person);
    }
  }

  async createGroup(group: Group): Promise<void> {
    const remoteId = await this.#groups.find(group);
    if (remoteId !== null) {
      await this.#pushGroupName(group, remoteId);
      return;
    }
    const answer = await this.#client.call({
      purpose: "create the group",
      subject: group.name,
      method: "POST",
      path: "/Groups",
      body: { schemas: [groupSchema], displayName: group.name, members: [] },
      accept: [200, 201],
    });
    this.#groups.remember(group, answer.resource().id);
  }

  async renameGroup(group: Group, name: string): Promise<void> {
    await this.#groups.use(group, (remoteId) => this.#pushGroupName({ id: group.id, name }, remoteId));
  }

  async deleteGroup(group: Group): Promise<void> {
    const remoteId = await this.#groups.require(group);
    await this.#client.call({
      purpose: "delete the group",
      subject: group.name,
      method: "DELETE",
      path: resourcePath("Groups", remoteId),
      accept: [200, 204, 404],
    });
    this.#groups.forget(group);
  }

  async addMembers(group: Group, people: readonly Person[]): Promise<void> {
    const value: { value: string; display: string }[] = [];
    for (const person of people) {
      value.push({ value: await this.#users.require(known(person)), display: person.userName });
    }
    await this.#pushMembers(group, { purpose: "add members to", operations: [{ op: "add", path: "members", value }] });
  }

  async removeMembers(group: Group, people: readonly Person[]): Promise<void> {
    const operations: unknown[] = [];
    for (const person of people) {
      const remoteId = await this.#users.require(known(person));
      operations.push({ op: "remove", path: `members[value eq ${JSON.stringify(remoteId)}]` });
    }
    await this.#pushMembers(group, { purpose: "remove members from", operations });
  }

  async #search(type: "Users" | "Groups", attribute: string, name: string): Promise<string | null> {
    const answer = await this.#client.call({
      purpose: "search for",
      subject: name,
      method: "GET",
      path: `/${type}?filter=${equalsFilter(attribute, name)}&startIndex=1&count=100`,
      accept: searchStatuses,
    });
    return answer.status === 404 ? null : (answer.list()[0]?.id ?? null);
  }

  async #pushProfile(person: Person, remoteId: string, change: { active?: boolean }): Promise<void> {
    const call = { subject: person.userName, path: resourcePath("Users", remoteId), accept: [200] };
    const current = await this.#client.call({ ...call, purpose: "read the user", method: "GET" });
    const body = { ...mergeOktaProfile(current.resource(), person), ...change };
    await this.#client.call({ ...call, purpose: "update the user", method: "PUT", body });
  }

  async #setActive(person: Person, remoteId: string, active: boolean): Promise<void> {
    await this.#client.call({
      purpose: active ? "reactivate the user" : "deactivate the user",
      subject: person.userName,
      ...patch(resourcePath("Users", remoteId), [{ op: "replace", value: { active } }]),
    });
  }

  async #pushGroupName(group: Group, remoteId: string): Promise<void> {
    await this.#client.call({
      purpose: "name the group",
      subject: group.name,
      ...patch(resourcePath("Groups", remoteId), [{ op: "replace", value: { id: remoteId, displayName: group.name } }]),
    });
  }

  async #pushMembers(group: Group, change: { purpose: string; operations: readonly unknown[] }): Promise<void> {
    await this.#groups.use(group, async (remoteId) => {
      await this.#pushGroupName(group, remoteId);
      await this.#client.call({
        purpose: change.purpose,
        subject: group.name,
        ...patch(resourcePath("Groups", remoteId), change.operations),
      });
    });
  }
}

function known(person: Person): { id: string; name: string } {
  return { id: person.id, name: person.userName };
}

function patch(path: string, operations: readonly unknown[]): Pick<ScimCall, "method" | "path" | "body" | "accept"> {
  return { method: "PATCH", path, body: { schemas: [patchSchema], Operations: operations }, accept: patchStatuses };
}

/** What Okta knows of a person, as the attribute mapping of a new app sends it. */
export function oktaProfile(person: Person): Record<string, unknown> {
  const enterprise = {
    ...(person.employeeNumber === undefined ? {} : { employeeNumber: person.employeeNumber }),
    ...(person.department === undefined ? {} : { department: person.department }),
    // Okta's managerId is text from the HR system, not a SCIM id, so it names the manager by user name.
    ...(person.manager === undefined
      ? {}
      : { manager: { value: person.manager.userName, displayName: person.manager.displayName } }),
  };
  const hasEnterprise = Object.keys(enterprise).length > 0;
  return {
    schemas: hasEnterprise ? [userSchema, enterpriseSchema] : [userSchema],
    userName: person.userName,
    name: { givenName: person.givenName, familyName: person.familyName },
    emails: [{ primary: true, value: person.email, type: "work" }],
    displayName: person.displayName,
    locale: "en-US",
    externalId: `00u${person.id}`,
    ...(person.title === undefined ? {} : { title: person.title }),
    ...(hasEnterprise ? { [enterpriseSchema]: enterprise } : {}),
  };
}

/** The server's own resource with Okta's values over it: what Okta does not map comes back as it was read. */
export function mergeOktaProfile(current: ScimResource, person: Person): Record<string, unknown> {
  const mine = oktaProfile(person);
  const merged: Record<string, unknown> = { ...current, ...mine, groups: current["groups"] ?? [] };
  for (const part of ["name", enterpriseSchema]) {
    if (mine[part] !== undefined) {
      merged[part] = { ...asRecord(current[part]), ...asRecord(mine[part]) };
    }
  }
  const schemas = [...asList(mine["schemas"]), ...asList(current["schemas"])];
  return { ...merged, schemas: [...new Set(schemas)] };
}

function asRecord(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
