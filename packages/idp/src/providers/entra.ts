/**
 * Microsoft Entra ID, as a non-gallery application provisions users.
 *
 * What it sends for each act (Microsoft, "Use SCIM to provision users and groups", learn.microsoft.com, read 2026-11):
 *
 *   test        one filter on a random GUID for users and one for groups; 200 and nobody found is success.
 *   assign      GET by userName filter; no match: POST, then the manager by PATCH. A match: PATCH of what differs.
 *   update      GET by id, then one PATCH with the attributes that differ; nothing when none does.
 *   off, on     PATCH active.
 *   delete      PATCH active, and DELETE when the account is deleted for good, about 30 days later.
 *   group       reads always exclude members; POST carries no members; PATCH for everything after.
 *
 * Entra ID works in cycles of about 40 minutes; here each act is sent at once.
 */
import { addressFlags, createScimClient, equalsFilter, resourcePath } from "../client.ts";
import type { ScimClient, ScimDialect, ScimResource } from "../client.ts";
import type { Person } from "../people.ts";
import type { Group, IdentityProvider, ProviderOptions } from "../provider.ts";
import { RemoteIds } from "../remote-ids.ts";
import { seededUuid } from "../seeded.ts";
import { compliantDialect, defaultDialect } from "./entra-dialect.ts";
import type { PatchDialect, PatchOperation } from "./entra-dialect.ts";
import { changesTo, managerChange, newUser } from "./entra-user.ts";

/**
 * Connects Entra ID to one directory. Sends nothing yet.
 *
 * The flavour is chosen as an admin chooses it: `?aadOptscim062020` behind the SCIM address asks for PATCH requests
 * closer to the RFC.
 *
 * @throws ConfigError for an unusable address or token.
 */
export function connectEntra(options: ProviderOptions): IdentityProvider {
  const isCompliant = addressFlags(options.baseUrl).includes("aadOptscim062020");
  return new Entra(createScimClient(dialect, options), {
    patches: isCompliant ? compliantDialect : defaultDialect,
    seed: options.seed ?? 0,
  });
}

const dialect: ScimDialect = {
  provider: "Entra ID",
  headers: { Accept: "application/scim+json" },
  contentType: "application/scim+json; charset=utf-8",
  // Microsoft does not publish its limit; 100 s is the default of the .NET client it is built on.
  timeoutMs: 100_000,
};

const groupSchemas = [
  "urn:ietf:params:scim:schemas:core:2.0:Group",
  "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
];
const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

class Entra implements IdentityProvider {
  readonly name = dialect.provider;
  readonly habits = { pushesGroups: true, deletesGroups: true, deletesPeople: true };
  readonly #client: ScimClient;
  readonly #patches: PatchDialect;
  readonly #seed: number;
  readonly #users: RemoteIds;
  readonly #groups: RemoteIds;
  /** People Entra ID has disabled; deleting one of them for good sends only the DELETE. */
  readonly #disabled = new Set<string>();
  #probes = 0;

  constructor(client: ScimClient, flavour: { patches: PatchDialect; seed: number }) {
    this.#client = client;
    this.#patches = flavour.patches;
    this.#seed = flavour.seed;
    this.#users = new RemoteIds(this.name, async (userName) => (await this.#searchUser(userName))?.id ?? null);
    this.#groups = new RemoteIds(this.name, (groupName) => this.#searchGroup(groupName));
  }

  async testConnection(): Promise<void> {
    const call = { purpose: "test the connection to", method: "GET", accept: [200] } as const;
    const userFilter = equalsFilter("userName", this.#nextProbe());
    const users = await this.#client.call({ ...call, subject: "the users", path: `/Users?filter=${userFilter}` });
    users.list();
    const groupFilter = equalsFilter("displayName", this.#nextProbe());
    const path = `/Groups?excludedAttributes=members&filter=${groupFilter}`;
    const groups = await this.#client.call({ ...call, subject: "the groups", path });
    groups.list();
  }

  async assign(person: Person): Promise<void> {
    this.#disabled.delete(person.id);
    const current = await this.#searchUser(person.userName);
    if (current === null) {
      await this.#create(person);
      return;
    }
    this.#users.remember(known(person), current.id);
    const operations = current["active"] === false ? this.#patches.active(true) : [];
    await this.#patchUser(person, current.id, [...operations, ...(await this.#differences(current, person))]);
  }

  async update(person: Person): Promise<void> {
    const sync = async (remoteId: string): Promise<void> => {
      const answer = await this.#client.call({
        purpose: "read the user",
        subject: person.userName,
        method: "GET",
        path: resourcePath("Users", remoteId),
        accept: [200],
      });
      await this.#patchUser(person, remoteId, await this.#differences(answer.resource(), person));
    };
    // An account that somebody removed on the server is created again in the next cycle.
    await this.#users.use(known(person), sync, () => this.#create(person));
  }

  async deactivate(person: Person): Promise<void> {
    await this.#users.use(known(person), (id) => this.#patchUser(person, id, this.#patches.active(false)));
    this.#disabled.add(person.id);
  }

  async reactivate(person: Person): Promise<void> {
    await this.#users.use(known(person), (id) => this.#patchUser(person, id, this.#patches.active(true)));
    this.#disabled.delete(person.id);
  }

  async remove(person: Person): Promise<void> {
    if (!this.#disabled.has(person.id)) {
      await this.deactivate(person);
    }
    await this.#delete("user", resourcePath("Users", await this.#users.require(known(person))), person.userName);
    this.#users.forget(known(person));
    this.#disabled.delete(person.id);
  }

  async createGroup(group: Group): Promise<void> {
    if ((await this.#groups.find(group)) !== null) {
      return;
    }
    const answer = await this.#client.call({
      purpose: "create the group",
      subject: group.name,
      method: "POST",
      path: "/Groups",
      body: {
        schemas: groupSchemas,
        externalId: group.id,
        displayName: group.name,
        meta: { resourceType: "Group" },
      },
      accept: [200, 201],
    });
    this.#groups.remember(group, answer.resource().id);
  }

  async renameGroup(group: Group, name: string): Promise<void> {
    await this.#changeGroup(group, { purpose: "rename the group", operations: this.#patches.groupName(name) });
  }

  async deleteGroup(group: Group): Promise<void> {
    await this.#delete("group", resourcePath("Groups", await this.#groups.require(group)), group.name);
    this.#groups.forget(group);
  }

  async addMembers(group: Group, people: readonly Person[]): Promise<void> {
    const operations = this.#patches.addMembers(await this.#remoteIds(people));
    await this.#changeGroup(group, { purpose: "add members to", operations });
  }

  async removeMembers(group: Group, people: readonly Person[]): Promise<void> {
    const operations = this.#patches.removeMembers(await this.#remoteIds(people));
    await this.#changeGroup(group, { purpose: "remove members from", operations });
  }

  async #create(person: Person): Promise<void> {
    const answer = await this.#client.call({
      purpose: "create the user",
      subject: person.userName,
      method: "POST",
      path: "/Users",
      body: newUser(person, { emptyManager: this.#patches.emptyManager }),
      accept: [200, 201],
    });
    const created = answer.resource();
    this.#users.remember(known(person), created.id);
    const change = managerChange(created, await this.#managerId(person));
    if (change !== null && change.value !== "") {
      await this.#patchUser(person, created.id, this.#patches.attributes([change]));
    }
  }

  async #differences(current: ScimResource, person: Person): Promise<readonly PatchOperation[]> {
    const manager = managerChange(current, await this.#managerId(person));
    return this.#patches.attributes([...changesTo(current, person), ...(manager === null ? [] : [manager])]);
  }

  /** A manager who is not in the directory is left out, as Entra ID does with a reference it cannot resolve. */
  async #managerId(person: Person): Promise<string | undefined> {
    return person.manager === undefined ? undefined : ((await this.#users.find(known(person.manager))) ?? undefined);
  }

  async #remoteIds(people: readonly Person[]): Promise<string[]> {
    const remoteIds: string[] = [];
    for (const person of people) {
      remoteIds.push(await this.#users.require(known(person)));
    }
    return remoteIds;
  }

  async #patchUser(person: Person, remoteId: string, operations: readonly PatchOperation[]): Promise<void> {
    if (operations.length === 0) {
      return;
    }
    await this.#client.call({
      purpose: "update the user",
      subject: person.userName,
      method: "PATCH",
      path: resourcePath("Users", remoteId),
      body: { schemas: [patchSchema], Operations: operations },
      accept: [200, 204],
    });
  }

  async #changeGroup(group: Group, change: { purpose: string; operations: readonly PatchOperation[] }): Promise<void> {
    await this.#groups.use(group, async (remoteId) => {
      const path = resourcePath("Groups", remoteId);
      const read = { purpose: "read the group", subject: group.name, accept: [200] };
      await this.#client.call({ ...read, method: "GET", path: `${path}?excludedAttributes=members` });
      await this.#client.call({
        purpose: change.purpose,
        subject: group.name,
        method: "PATCH",
        path,
        body: { schemas: [patchSchema], Operations: change.operations },
        accept: [200, 204],
      });
    });
  }

  async #delete(what: "user" | "group", path: string, subject: string): Promise<void> {
    // A 404 means that the server got there first, which is what was wanted.
    await this.#client.call({
      purpose: `delete the ${what}`,
      subject,
      method: "DELETE",
      path,
      accept: [200, 204, 404],
    });
  }

  async #searchUser(userName: string): Promise<ScimResource | null> {
    const answer = await this.#client.call({
      purpose: "search for the user",
      subject: userName,
      method: "GET",
      path: `/Users?filter=${equalsFilter("userName", userName)}`,
      accept: [200],
    });
    return answer.list()[0] ?? null;
  }

  async #searchGroup(groupName: string): Promise<string | null> {
    const answer = await this.#client.call({
      purpose: "search for the group",
      subject: groupName,
      method: "GET",
      path: `/Groups?filter=${equalsFilter("displayName", groupName)}&excludedAttributes=members`,
      accept: [200],
    });
    return answer.list()[0]?.id ?? null;
  }

  /** A name nobody has, different for each probe of one provider. */
  #nextProbe(): string {
    this.#probes += 1;
    return seededUuid(`probe:${this.#seed}:${this.#probes}`);
  }
}

function known(person: Person): { id: string; name: string } {
  return { id: person.id, name: person.userName };
}
