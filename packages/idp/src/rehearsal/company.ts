import type { Person } from "../people.ts";
import type { Group, ProviderHabits } from "../provider.ts";
import type { Act } from "./act.ts";

/** An account as it should be on the server. */
export interface Account {
  readonly person: Person;
  readonly isActive: boolean;
}

/** A group as it should be on the server, with its members by the provider's own id. */
export interface Team {
  readonly group: Group;
  readonly members: ReadonlySet<string>;
}

/** What the server should hold of a cast. By the provider's own ids; who was deleted is no longer in it. */
export interface Company {
  readonly accounts: ReadonlyMap<string, Account>;
  readonly teams: ReadonlyMap<string, Team>;
}

/** Before anything has happened. */
export const emptyCompany: Company = { accounts: new Map(), teams: new Map() };

/** What the server should hold after an act. Pure. */
export function afterAct(company: Company, act: Act, habits: ProviderHabits): Company {
  switch (act.kind) {
    case "test":
    case "search":
      return company;
    case "assign":
    case "race":
    case "reactivate":
      return withAccount(company, { person: act.person, isActive: true });
    case "update":
      return withAccount(company, { person: act.person, isActive: isActive(company, act.person) });
    case "deactivate":
      return withAccount(company, { person: act.person, isActive: false });
    case "remove":
      return habits.deletesPeople
        ? withoutAccount(company, act.person)
        : withAccount(company, { person: act.person, isActive: false });
    case "create group":
      return withTeam(company, { group: act.group, members: membersOf(company, act.group) });
    case "delete group":
      return habits.deletesGroups ? withoutTeam(company, act.group) : company;
    case "rename group":
      return withTeam(company, {
        group: { id: act.group.id, name: act.name },
        members: membersOf(company, act.group),
      });
    case "add members": {
      const members = new Set([...membersOf(company, act.group), ...act.people.map(({ id }) => id)]);
      return withTeam(company, { group: act.group, members });
    }
    case "remove members": {
      const gone = new Set(act.people.map(({ id }) => id));
      const members = [...membersOf(company, act.group)].filter((id) => !gone.has(id));
      return withTeam(company, { group: act.group, members: new Set(members) });
    }
    case "at once":
      return act.acts.reduce((so, each) => afterAct(so, each, habits), company);
    case "lost answer":
      return afterAct(company, act.act, habits);
    default:
      return act satisfies never;
  }
}

function isActive(company: Company, person: Person): boolean {
  return company.accounts.get(person.id)?.isActive ?? true;
}

function membersOf(company: Company, group: Group): ReadonlySet<string> {
  return company.teams.get(group.id)?.members ?? new Set();
}

function withAccount(company: Company, account: Account): Company {
  return { ...company, accounts: new Map([...company.accounts, [account.person.id, account]]) };
}

function withoutAccount(company: Company, person: Person): Company {
  const accounts = [...company.accounts].filter(([id]) => id !== person.id);
  const teams = [...company.teams].map(
    ([id, team]) =>
      [id, { ...team, members: new Set([...team.members].filter((member) => member !== person.id)) }] as const,
  );
  return { accounts: new Map(accounts), teams: new Map(teams) };
}

function withTeam(company: Company, team: Team): Company {
  return { ...company, teams: new Map([...company.teams, [team.group.id, team]]) };
}

function withoutTeam(company: Company, group: Group): Company {
  return { ...company, teams: new Map([...company.teams].filter(([id]) => id !== group.id)) };
}
