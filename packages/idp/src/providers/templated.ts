/** A provider that is described by a template: one engine for all whose requests differ in form only. */
import { DirsyncError } from "@dirsync/sdk";
import { createScimClient } from "../client.ts";
import type { ScimClient } from "../client.ts";
import type { Person } from "../people.ts";
import type { Group, IdentityProvider, ProviderHabits, ProviderOptions } from "../provider.ts";
import type { ProviderTemplate } from "./template.ts";
import { TemplatedGroups } from "./templated-groups.ts";
import { TemplatedUsers } from "./templated-users.ts";

/** Connects a templated provider to one directory. Sends nothing yet. @throws ConfigError for an unusable address or token. */
export function connectTemplated(template: ProviderTemplate, options: ProviderOptions): IdentityProvider {
  return new Templated(template, createScimClient(template.dialect, options));
}

class Templated implements IdentityProvider {
  readonly name: string;
  readonly habits: ProviderHabits;
  readonly #template: ProviderTemplate;
  readonly #client: ScimClient;
  readonly #users: TemplatedUsers;
  readonly #groups: TemplatedGroups | null;

  constructor(template: ProviderTemplate, client: ScimClient) {
    this.name = template.dialect.provider;
    this.habits = template.habits;
    this.#template = template;
    this.#client = client;
    this.#users = new TemplatedUsers(template, client);
    this.#groups = template.groups === null ? null : new TemplatedGroups(template, template.groups, client);
  }

  async testConnection(): Promise<void> {
    for (const path of this.#template.probes) {
      const call = { purpose: "test the connection at", subject: path, path, accept: [200] };
      await this.#client.call({ ...call, method: "GET" });
    }
    const { trial } = this.#template;
    if (trial === null) return;
    await this.assign(trial.person);
    await this.update(trial.changed);
    await this.createGroup(trial.group);
    await this.addMembers(trial.group, [trial.changed]);
    await this.deleteGroup(trial.group);
    await this.#users.delete(trial.changed);
  }

  assign(person: Person): Promise<void> {
    return this.#users.assign(person);
  }

  update(person: Person): Promise<void> {
    return this.#users.update(person);
  }

  deactivate(person: Person): Promise<void> {
    return this.#users.switch(person, false);
  }

  reactivate(person: Person): Promise<void> {
    return this.#users.switch(person, true);
  }

  async remove(person: Person): Promise<void> {
    if (!this.#users.isOff(person)) await this.deactivate(person);
    if (this.habits.deletesPeople) await this.#users.delete(person);
  }

  async createGroup(group: Group): Promise<void> {
    await this.#pushed().create(group);
  }

  async renameGroup(group: Group, name: string): Promise<void> {
    await this.#pushed().rename(group, name);
  }

  async deleteGroup(group: Group): Promise<void> {
    const groups = this.#pushed();
    if (this.habits.deletesGroups) await groups.delete(group);
  }

  async addMembers(group: Group, people: readonly Person[]): Promise<void> {
    const groups = this.#pushed();
    const members: [string, Person][] = [];
    for (const person of people) members.push([await this.#users.requireId(person), person]);
    await groups.add(group, members);
  }

  async removeMembers(group: Group, people: readonly Person[]): Promise<void> {
    const groups = this.#pushed();
    const remoteIds: string[] = [];
    for (const person of people) remoteIds.push(await this.#users.requireId(person));
    await groups.remove(group, remoteIds);
  }

  #pushed(): TemplatedGroups {
    if (this.#groups !== null) return this.#groups;
    throw new DirsyncError(`${this.name} pushes people only; it has no groups to push. Leave the group steps out.`, {
      code: "not_supported",
      retryable: false,
    });
  }
}
