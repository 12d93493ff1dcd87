/**
 * An identity provider reduced to what a crash test needs: it changes users and groups of its own, one request at a time,
 * repeats a request until it is answered, and keeps what each one must have put into the log.
 *
 * Every name is unique to the writer and every change has a number, so that a line about an event says which request it
 * is from, and the same line never comes twice.
 */
import { between, oneOf, type Random } from "./random.ts";
import { type Call, requestBy, requests } from "./scim-request.ts";

/** A request that was answered. */
export interface Operation {
  readonly what: string;
  /** Times it was sent, the answered one included. */
  readonly tries: number;
  readonly status: number;
  /** What it must have put into the log, in order, in the words of `tell`. */
  readonly told: readonly string[];
}

/** What a writer is made of. */
export interface WriterOptions {
  /** Starts every name it makes up; no other writer's may begin with it. */
  readonly name: string;
  readonly scimUrl: string;
  readonly token: string;
  readonly random: Random;
  /** Called after a request that nobody answered; resolves when it is worth another try. */
  readonly untilUp: () => Promise<void>;
}

interface User {
  readonly id: string;
  readonly email: string;
  /** The number of its last change. */
  title: number;
}

interface Group {
  readonly id: string;
  name: string;
  /** By id. */
  readonly members: Map<string, User>;
  /** Ever added: nobody is added twice, so that the same line never comes twice. */
  readonly known: Set<string>;
}

/** One writer. */
export class ScimWriter {
  readonly name: string;
  readonly operations: Operation[] = [];
  readonly #options: WriterOptions;
  readonly #users: User[] = [];
  readonly #groups: Group[] = [];
  #count = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.name = options.name;
  }

  /** How many events it has caused so far. */
  get events(): number {
    return this.operations.reduce((sum, { told }) => sum + told.length, 0);
  }

  /** Makes one change. @throws Error for an answer that no provider would expect */
  async step(): Promise<void> {
    const { random } = this.#options;
    const user = oneOf(random, this.#users);
    const group = oneOf(random, this.#groups);
    const dice = random();
    if (user === undefined || dice < 0.3) return await this.#createUser();
    if (group === undefined || dice < 0.36) return await this.#createGroup();
    if (dice < 0.64) return await this.#updateUser(user);
    if (dice < 0.8) return await this.#addMembers(group);
    if (dice < 0.87) return await this.#removeMember(group);
    if (dice < 0.92) return await this.#renameGroup(group);
    if (dice < 0.98) return await this.#deleteUser(user);
    return await this.#deleteGroup(group);
  }

  async #createUser(): Promise<void> {
    const title = this.#next();
    const email = `${this.name}-u${title}@example.com`;
    const told = [`dsync.user.created ${email} t${title}`];
    const id = await this.#create(requests.createUser(email, `t${title}`), told);
    this.#users.push({ id, email, title });
  }

  async #updateUser(user: User): Promise<void> {
    user.title = this.#next();
    const told = [`dsync.user.updated ${user.email} t${user.title}`];
    await this.#send(requests.updateUser(user.id, `t${user.title}`), told);
  }

  async #deleteUser(user: User): Promise<void> {
    this.#users.splice(this.#users.indexOf(user), 1);
    for (const { members } of this.#groups) members.delete(user.id);
    await this.#send(requests.delete("Users", user.id), [`dsync.user.deleted ${user.email} t${user.title}`]);
  }

  async #createGroup(): Promise<void> {
    const name = `${this.name}-g${this.#next()}`;
    const id = await this.#create(requests.createGroup(name), [`dsync.group.created ${name}`]);
    this.#groups.push({ id, name, members: new Map(), known: new Set() });
  }

  async #renameGroup(group: Group): Promise<void> {
    group.name = `${this.name}-g${this.#next()}`;
    await this.#send(requests.renameGroup(group.id, group.name), [`dsync.group.updated ${group.name}`]);
  }

  async #deleteGroup(group: Group): Promise<void> {
    this.#groups.splice(this.#groups.indexOf(group), 1);
    await this.#send(requests.delete("Groups", group.id), [`dsync.group.deleted ${group.name}`]);
  }

  /** Up to four at once: one request that must put all of its events into the log, or none. */
  async #addMembers(group: Group): Promise<void> {
    const strangers = this.#users.filter(({ id }) => !group.known.has(id));
    const joining = strangers.slice(0, between(this.#options.random, 1, 4));
    if (joining.length === 0) return await this.#createUser();
    for (const user of joining) {
      group.known.add(user.id);
      group.members.set(user.id, user);
    }
    const told = joining.map(({ email }) => `dsync.group.user_added ${group.name} ${email}`);
    await this.#send(
      requests.addMembers(
        group.id,
        joining.map(({ id }) => id),
      ),
      told,
    );
  }

  async #removeMember(group: Group): Promise<void> {
    const member = oneOf(this.#options.random, [...group.members.values()]);
    if (member === undefined) return await this.#addMembers(group);
    group.members.delete(member.id);
    const told = [`dsync.group.user_removed ${group.name} ${member.email}`];
    await this.#send(requests.removeMember(group.id, member.id), told);
  }

  /** The id of what was created, which an earlier try may have created without our hearing of it. */
  async #create(call: Call, told: readonly string[]): Promise<string> {
    const { status, body } = await this.#send(call, told);
    if (status === 201) return (JSON.parse(body) as { id: string }).id;
    // What a provider does about a 409: it looks for what is in its way.
    const found = await this.#ask({ ...call, method: "GET", path: call.lookup ?? "", body: undefined });
    const { Resources } = JSON.parse(found.body) as { Resources: readonly { id: string }[] };
    const [only, ...others] = Resources;
    if (only === undefined || others.length > 0) throw new Error(`${call.lookup} finds ${found.body}`);
    return only.id;
  }

  async #send(call: Call, told: readonly string[]): Promise<{ readonly status: number; readonly body: string }> {
    const { tries, status, body } = await this.#ask(call);
    const what = `${call.method} ${call.path}`;
    const isExpected = call.done.includes(status) || (tries > 1 && call.doneBefore === status);
    if (!isExpected) throw new Error(`${what} of ${this.name}, try ${tries}, was answered with ${status}: ${body}`);
    this.operations.push({ what, tries, status, told });
    return { status, body };
  }

  async #ask(call: Call): Promise<{ readonly tries: number; readonly status: number; readonly body: string }> {
    for (let tries = 1; ; tries += 1) {
      try {
        return { tries, ...(await requestBy(this.#options, call)) };
      } catch {
        // Nobody answered: whether the request was carried out is unknown, so it is sent again.
        await this.#options.untilUp();
      }
    }
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }
}
