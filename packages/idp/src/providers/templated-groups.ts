import { resourcePath } from "../client.ts";
import type { ScimCall, ScimClient } from "../client.ts";
import type { Person } from "../people.ts";
import type { Group } from "../provider.ts";
import { RemoteIds } from "../remote-ids.ts";
import { findRemote, isConflict, patch } from "./calls.ts";
import type { Operation } from "./calls.ts";
import type { GroupTemplate, ProviderTemplate } from "./template.ts";

/** Somebody in a group, as the server knows them. */
interface Member {
  readonly value: string;
  readonly display: string;
}

/** The groups of a templated provider, and who is in them as far as it said so. */
export class TemplatedGroups {
  readonly #template: GroupTemplate;
  readonly #suffix: string;
  readonly #client: ScimClient;
  readonly #ids: RemoteIds;
  /** Members by the provider's own id of the group, then by the server's id of the person. */
  readonly #members = new Map<string, Map<string, Member>>();
  /** The last write under way to each group that is written whole. */
  readonly #writes = new Map<string, Promise<void>>();

  constructor({ dialect, writeSuffix }: ProviderTemplate, template: GroupTemplate, client: ScimClient) {
    this.#template = template;
    this.#suffix = writeSuffix;
    this.#client = client;
    this.#ids = new RemoteIds(dialect.provider, (name) =>
      findRemote(client, { type: "Groups", name, by: template.match }),
    );
  }

  async create(group: Group): Promise<void> {
    const isSearched = this.#template.begins === "search";
    if (isSearched && (await this.#ids.find(group)) !== null) return;
    const body = this.#template.profile(group);
    const call = { method: "POST", path: "/Groups", body, accept: [200, 201] } as const;
    try {
      const answer = await this.#write("create the group", group, call);
      this.#ids.remember(group, answer.resource().id);
    } catch (error) {
      if (isSearched || !isConflict(error)) throw error;
      await this.#ids.require(group);
    }
  }

  async rename(group: Group, name: string): Promise<void> {
    const renamed = { id: group.id, name };
    const operations = [{ op: "replace", path: "displayName", value: name }];
    await this.#ids.use(group, (remoteId) =>
      this.#template.membership === "whole group"
        ? this.#put(renamed, remoteId)
        : this.#patch(renamed, remoteId, operations),
    );
  }

  async delete(group: Group): Promise<void> {
    const path = resourcePath("Groups", await this.#ids.require(group));
    await this.#write("delete the group", group, { method: "DELETE", path, accept: [200, 204, 404] });
    this.#ids.forget(group);
    this.#members.delete(group.id);
  }

  /** `people` come with the server's id of each. */
  async add(group: Group, people: readonly (readonly [remoteId: string, person: Person])[]): Promise<void> {
    const members = this.#membersOf(group);
    const added = people.map(([value, person]) => ({ value, display: person.userName }));
    for (const member of added) members.set(member.value, member);
    await this.#change(group, {
      together: [{ op: "add", path: "members", value: added.map((member) => this.#reference(member)) }],
      apart: added.map((member) => ({ op: "add", path: "members", value: [this.#reference(member)] })),
    });
  }

  async remove(group: Group, remoteIds: readonly string[]): Promise<void> {
    const members = this.#membersOf(group);
    for (const id of remoteIds) members.delete(id);
    const byFilter = remoteIds.map((id) => ({ op: "remove", path: `members[value eq ${JSON.stringify(id)}]` }));
    await this.#change(
      group,
      this.#template.removal === "filter"
        ? { together: byFilter, apart: byFilter }
        : { together: [removalOf(remoteIds)], apart: remoteIds.map((id) => removalOf([id])) },
    );
  }

  async #change(
    group: Group,
    change: { readonly together: readonly Operation[]; readonly apart: readonly Operation[] },
  ): Promise<void> {
    const { membership } = this.#template;
    await this.#ids.use(group, async (remoteId) => {
      switch (membership) {
        case "list":
          return await this.#patch(group, remoteId, change.together);
        case "one request each":
          return await this.#allAtOnce(change.apart.map((operation) => this.#patch(group, remoteId, [operation])));
        case "whole list":
          return await this.#inTurn(group, () =>
            this.#patch(group, remoteId, [{ op: "replace", path: "members", value: this.#all(group) }]),
          );
        case "whole group":
          return await this.#inTurn(group, () => this.#put(group, remoteId));
        default:
          return membership satisfies never;
      }
    });
  }

  /** One after the other: of two whole lists under way at once, the older might arrive last and undo the newer. */
  async #inTurn(group: Group, write: () => Promise<void>): Promise<void> {
    const before = this.#writes.get(group.id) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(write);
    this.#writes.set(group.id, mine);
    await mine;
  }

  /** Waits for all of them before it reports the first that failed, so that none goes on behind the caller's back. */
  async #allAtOnce(requests: readonly Promise<void>[]): Promise<void> {
    for (const outcome of await Promise.allSettled(requests)) {
      if (outcome.status === "rejected") throw outcome.reason;
    }
  }

  async #patch(group: Group, remoteId: string, operations: readonly Operation[]): Promise<void> {
    await this.#write("change the group", group, patch(resourcePath("Groups", remoteId), operations));
  }

  async #put(group: Group, remoteId: string): Promise<void> {
    const body = { ...this.#template.profile(group), id: remoteId, members: this.#all(group) };
    const call = { method: "PUT", path: resourcePath("Groups", remoteId), body, accept: [200] } as const;
    await this.#write("replace the group", group, call);
  }

  #write(purpose: string, group: Group, call: Omit<ScimCall, "purpose" | "subject">) {
    return this.#client.call({ ...call, purpose, subject: group.name, path: `${call.path}${this.#suffix}` });
  }

  #all(group: Group): readonly object[] {
    return [...this.#membersOf(group).values()].map((member) => this.#reference(member));
  }

  #reference(member: Member): object {
    return this.#template.namesMembers ? member : { value: member.value };
  }

  #membersOf(group: Group): Map<string, Member> {
    const members = this.#members.get(group.id) ?? new Map<string, Member>();
    this.#members.set(group.id, members);
    return members;
  }
}

function removalOf(remoteIds: readonly string[]): Operation {
  return { op: "remove", path: "members", value: remoteIds.map((value) => ({ value })) };
}
