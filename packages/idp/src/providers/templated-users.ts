import { ConnectionError } from "@dirsync/sdk";
import { resourcePath } from "../client.ts";
import type { ScimCall, ScimClient, ScimResource } from "../client.ts";
import type { Person } from "../people.ts";
import { RemoteIds } from "../remote-ids.ts";
import type { Known } from "../remote-ids.ts";
import { findRemote, isConflict, patch } from "./calls.ts";
import type { Operation } from "./calls.ts";
import { changesTo } from "./entra-user.ts";
import { mergeOktaProfile } from "./okta.ts";
import type { ProviderTemplate, UserTemplate } from "./template.ts";

/** The people of a templated provider, and what it knows of their accounts. */
export class TemplatedUsers {
  readonly #template: UserTemplate;
  readonly #suffix: string;
  readonly #client: ScimClient;
  readonly #ids: RemoteIds;
  /** People who are switched off, by the provider's own id. */
  readonly #inactive = new Set<string>();
  /** People who were posted without an answer, by the provider's own id. */
  readonly #unanswered = new Set<string>();

  constructor({ dialect, users, writeSuffix }: ProviderTemplate, client: ScimClient) {
    this.#template = users;
    this.#suffix = writeSuffix;
    this.#client = client;
    this.#ids = new RemoteIds(dialect.provider, (name) => findRemote(client, { type: "Users", name, by: users.match }));
  }

  isOff(person: Person): boolean {
    return this.#inactive.has(person.id);
  }

  /** @throws DirsyncError `not_provisioned` when the server has no such account. */
  async requireId(person: Person): Promise<string> {
    return await this.#ids.require(known(person));
  }

  async assign(person: Person): Promise<void> {
    this.#ids.forget(known(person));
    this.#inactive.delete(person.id);
    if (this.#template.begins === "search" && !this.#unanswered.has(person.id)) {
      const remoteId = await this.#ids.find(known(person));
      await (remoteId === null ? this.#create(person) : this.#push(person, remoteId));
      return;
    }
    await this.#create(person).catch(async (error: unknown) => {
      if (!isConflict(error)) throw error;
      await this.#push(person, await this.requireId(person));
    });
  }

  async update(person: Person): Promise<void> {
    const { searchesAlways, recreates } = this.#template;
    if (searchesAlways) await this.#ids.refresh(known(person));
    const push = (remoteId: string): Promise<void> => this.#push(person, remoteId);
    await (recreates
      ? this.#ids.use(known(person), push, () => this.#create(person))
      : this.#ids.use(known(person), push));
  }

  async switch(person: Person, active: boolean): Promise<void> {
    const { switching, searchesAlways } = this.#template;
    if (searchesAlways) await this.#ids.refresh(known(person));
    const wasOff = this.isOff(person);
    this.#keep(person, active);
    const operations = [{ op: "replace", path: "active", value: active }];
    const purpose = active ? "reactivate the user" : "deactivate the user";
    try {
      await this.#ids.use(known(person), (remoteId) =>
        switching === "patch" ? this.#patch(purpose, person, { remoteId, operations }) : this.#push(person, remoteId),
      );
    } catch (error) {
      // The server did not take it, so the account here is what it was, and the next try sends it again.
      this.#keep(person, !wasOff);
      throw error;
    }
  }

  async delete(person: Person): Promise<void> {
    const path = resourcePath("Users", await this.requireId(person));
    await this.#write("delete the user", person, { method: "DELETE", path, accept: [200, 204, 404] });
    this.#ids.forget(known(person));
    this.#inactive.delete(person.id);
  }

  #keep(person: Person, active: boolean): void {
    if (active) this.#inactive.delete(person.id);
    else this.#inactive.add(person.id);
  }

  async #create(person: Person): Promise<void> {
    const body = { ...this.#template.profile(person), ...this.#template.onCreate, active: true };
    const call = { method: "POST", path: "/Users", body, accept: [200, 201] } as const;
    try {
      const answer = await this.#write("create the user", person, call);
      this.#unanswered.delete(person.id);
      this.#ids.remember(known(person), answer.resource().id);
    } catch (error) {
      const isUnanswered = this.#template.resends === true && error instanceof ConnectionError;
      if (isUnanswered) this.#unanswered.add(person.id);
      else this.#unanswered.delete(person.id);
      throw error;
    }
  }

  /** Brings the whole profile to the server, with the account on or off as it is here. */
  async #push(person: Person, remoteId: string): Promise<void> {
    const { update, profile } = this.#template;
    const active = !this.isOff(person);
    if (update === "patch") return await this.#patchDifferences(person, { remoteId, active });
    const bodies = {
      put: () => ({ ...profile(person), active }),
      "put with id": () => ({ ...profile(person), id: remoteId, active }),
      "read and put": async () => ({ ...mergeOktaProfile(await this.#read(person, remoteId), person), active }),
    };
    const call = { path: resourcePath("Users", remoteId), body: await bodies[update](), accept: [200] };
    await this.#write("update the user", person, { ...call, method: "PUT" });
  }

  async #patchDifferences(person: Person, to: { readonly remoteId: string; readonly active: boolean }): Promise<void> {
    const current = await this.#read(person, to.remoteId);
    const mapped = this.#template.profile(person);
    const operations: Operation[] = changesTo(current, person)
      .filter(({ path }) => path !== "displayName" || path in mapped)
      .map(({ path, isNew, value }) =>
        value === undefined ? { op: "remove", path } : { op: isNew ? "add" : "replace", path, value },
      );
    if (current["active"] !== to.active) operations.push({ op: "replace", path: "active", value: to.active });
    if (operations.length === 0) return;
    await this.#patch("update the user", person, { remoteId: to.remoteId, operations });
  }

  async #read(person: Person, remoteId: string): Promise<ScimResource> {
    const path = resourcePath("Users", remoteId);
    const call = { purpose: "read the user", subject: person.userName, path, accept: [200] };
    return (await this.#client.call({ ...call, method: "GET" })).resource();
  }

  async #patch(
    purpose: string,
    person: Person,
    { remoteId, operations }: { readonly remoteId: string; readonly operations: readonly Operation[] },
  ): Promise<void> {
    await this.#write(purpose, person, patch(resourcePath("Users", remoteId), operations));
  }

  #write(purpose: string, person: Person, call: Omit<ScimCall, "purpose" | "subject">) {
    return this.#client.call({ ...call, purpose, subject: person.userName, path: `${call.path}${this.#suffix}` });
  }
}

function known(person: Person): Known {
  return { id: person.id, name: person.userName };
}
