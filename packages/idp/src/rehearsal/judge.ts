/** Compares the server with what the company says should be there. */
import type { ScimResource } from "../client.ts";
import type { Person } from "../people.ts";
import type { Act } from "./act.ts";
import { compareFacts, holds } from "./check.ts";
import type { Facts, Finding } from "./check.ts";
import type { Account, Company, Team } from "./company.ts";
import type { Exchange, Witness } from "./witness.ts";

// More accounts than these are a sample, so that looking at an import costs less than the import.
const accountsComparedMax = 50;

/** Looks at the server. Remembers which id it gave to whom. */
export class Judge {
  readonly #witness: Witness;
  /** Ids of accounts, by the provider's own id of the person. */
  readonly #ids = new Map<string, string>();

  constructor(witness: Witness) {
    this.#witness = witness;
  }

  /** What there is to say after an act. `before` and `after` are what the server should have held. */
  async findings(act: Act, { before, after }: { before: Company; after: Company }): Promise<Finding[]> {
    switch (act.kind) {
      case "test":
        return [holds("connection-is-accepted", "every answer is a success", null)];
      case "search":
        return [await this.#search(act.person)];
      case "assign":
      case "update":
      case "deactivate":
      case "reactivate":
      case "remove":
        return await this.#person(act.person, { kind: act.kind, before, after });
      case "create group":
      case "delete group":
      case "rename group":
      case "add members":
      case "remove members":
        return await this.#team(act.group.id, { name: teamChecks[act.kind], before, after });
      case "at once":
        return [await this.#everybody("nobody-is-lost", after)];
      case "lost answer":
        return (await this.findings(act.act, { before, after })).map((finding) => ({
          ...finding,
          name: `retry-${finding.name}`,
        }));
      case "race":
        return await this.#person(act.person, { kind: "race", before, after });
      default:
        return act satisfies never;
    }
  }

  /** The whole company at the end. */
  async everybody(company: Company): Promise<Finding> {
    return await this.#everybody("everybody-is-as-expected", company);
  }

  async #search(person: Person): Promise<Finding> {
    const asked = person.userName.toUpperCase();
    const count = (await this.#witness.accounts(asked)).length;
    const found = count === 1 ? null : `userName eq "${asked}" finds ${String(count)}`;
    return holds("search-ignores-letter-case", `userName eq "${asked}" finds 1`, found);
  }

  async #person(
    person: Person,
    { kind, before, after }: { kind: keyof typeof accountChecks; before: Company; after: Company },
  ): Promise<Finding[]> {
    const account = after.accounts.get(person.id);
    if (account === undefined) {
      const count = (await this.#witness.accounts(person.userName)).length;
      this.#ids.delete(person.id);
      const found = count === 0 ? null : `there still is an account ${person.userName}`;
      return [holds("account-is-gone", `no account ${person.userName}`, found)];
    }
    const known = this.#ids.get(person.id);
    const found = await this.#account(account);
    const name = kind === "assign" && known !== undefined ? "account-is-matched" : accountChecks[kind];
    const findings = [compareFacts(name, found.expected, found.got)];
    if (known !== undefined) findings.push(compareFacts("account-keeps-its-id", { id: known }, { id: found.id }));
    const former = before.accounts.get(person.id)?.person.userName;
    if (former !== undefined && former !== person.userName) {
      const left = (await this.#witness.accounts(former)).length;
      findings.push(
        holds("former-name-is-free", `no account ${former}`, left === 0 ? null : `${former} is still found`),
      );
    }
    return findings;
  }

  async #team(
    id: string,
    { name, before, after }: { name: string; before: Company; after: Company },
  ): Promise<Finding[]> {
    const team = after.teams.get(id);
    if (team !== undefined) {
      const { expected, got } = await this.#members(team, after);
      return [compareFacts(name, expected, got)];
    }
    const former = before.teams.get(id)?.group.name ?? id;
    const count = (await this.#witness.groups(former)).length;
    return [holds("group-is-gone", `no group ${former}`, count === 0 ? null : `there still is a group ${former}`)];
  }

  async #everybody(name: string, company: Company): Promise<Finding> {
    const expected: Record<string, unknown> = {};
    const got: Record<string, unknown> = {};
    for (const account of [...company.accounts.values()].slice(0, accountsComparedMax)) {
      const found = await this.#account(account);
      expected[account.person.userName] = found.expected;
      got[account.person.userName] = withoutSpelling(found.expected, found.got);
    }
    for (const team of company.teams.values()) {
      const found = await this.#members(team, company);
      expected[team.group.name] = found.expected;
      got[team.group.name] = withoutSpelling(found.expected, found.got);
    }
    return compareFacts(name, expected, got);
  }

  async #account({ person, isActive }: Account): Promise<{ id: string | null; expected: Facts; got: Facts }> {
    const accounts = await this.#witness.accounts(person.userName);
    const [resource] = accounts;
    const expected = { accounts: 1, ...factsOf(person), active: isActive };
    if (resource === undefined || accounts.length > 1)
      return { id: null, expected, got: { accounts: accounts.length } };
    this.#ids.set(person.id, resource.id);
    return { id: resource.id, expected, got: { accounts: 1, ...accountFacts(resource) } };
  }

  async #members({ group, members }: Team, company: Company): Promise<{ expected: Facts; got: Facts }> {
    const userNames = [...members].map((id) => company.accounts.get(id)?.person.userName ?? id);
    const expected = { groups: 1, members: sorted(userNames) };
    const groups = await this.#witness.groups(group.name);
    const [found] = groups;
    if (found === undefined || groups.length > 1) return { expected, got: { groups: groups.length } };
    const nameById = new Map(
      [...this.#ids].map(([id, remoteId]) => [remoteId, company.accounts.get(id)?.person.userName]),
    );
    const remoteIds = await this.#witness.members(found.id);
    // Not as a set: a member that is listed twice is a fault, too.
    return { expected, got: { groups: 1, members: sorted(remoteIds.map((id) => nameById.get(id) ?? id)) } };
  }
}

/** Whether the answers to an act show what was stored: a stale one makes a provider send the same again for ever. */
export function answersShow(act: Act, exchanges: readonly Exchange[], company: Company): Finding | null {
  if (act.kind !== "assign" && act.kind !== "update" && act.kind !== "deactivate" && act.kind !== "reactivate")
    return null;
  const account = company.accounts.get(act.person.id);
  const last = exchanges.filter(({ method, path }) => method !== "GET" && path.startsWith("/Users")).at(-1);
  if (account === undefined || last === undefined || !isResource(last.answer)) return null;
  const got = accountFacts(last.answer);
  return compareFacts("answer-shows-the-change", { ...factsOf(account.person), active: account.isActive }, got);
}

const accountChecks = {
  assign: "account-is-created",
  update: "profile-is-taken",
  deactivate: "account-is-off",
  reactivate: "account-is-on-again",
  remove: "account-stays-off",
  race: "one-account-is-made",
} as const;

const teamChecks = {
  "create group": "group-is-created",
  "delete group": "group-stays",
  "rename group": "group-is-renamed",
  "add members": "members-are-added",
  "remove members": "only-these-are-removed",
} as const;

function factsOf(person: Person): Facts {
  return {
    userName: person.userName,
    givenName: person.givenName,
    familyName: person.familyName,
    email: person.email,
    ...(person.title === undefined ? {} : { title: person.title }),
  };
}

function accountFacts(resource: Readonly<Record<string, unknown>>): Facts {
  const name = asRecord(resource["name"]);
  const emails = Array.isArray(resource["emails"]) ? resource["emails"].map(asRecord) : [];
  const email =
    emails.find(({ primary }) => primary === true) ?? emails.find(({ type }) => type === "work") ?? emails[0];
  return {
    userName: resource["userName"],
    givenName: name["givenName"],
    familyName: name["familyName"],
    email: email?.["value"],
    title: resource["title"],
    active: resource["active"],
  };
}

/** What was found, with the expected spelling where only letter case differs, as nested facts are compared as a whole. */
function withoutSpelling(expected: Facts, got: Facts): Facts {
  return Object.fromEntries(
    Object.entries(expected).map(([key, value]) => {
      const found = got[key];
      const isSpelling =
        typeof value === "string" && typeof found === "string" && value.toLowerCase() === found.toLowerCase();
      return [key, isSpelling ? value : found];
    }),
  );
}

function sorted(names: readonly string[]): readonly string[] {
  return names.map((name) => name.toLowerCase()).sort((one, other) => (one < other ? -1 : 1));
}

function isResource(value: unknown): value is ScimResource {
  return typeof value === "object" && value !== null && "userName" in value;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
