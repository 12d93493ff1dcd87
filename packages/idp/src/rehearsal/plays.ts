import { withFamilyName, withJob } from "../people.ts";
import type { Person } from "../people.ts";
import type { Group } from "../provider.ts";
import type { Act } from "./act.ts";
import type { Cast } from "./cast.ts";

/** A scenario as data: who it needs, and what happens to them. */
export interface Play {
  readonly summary: string;
  /** How many people it needs, where their number is not chosen. */
  readonly people: number;
  /** Whether it is about groups, so that a provider without any cannot play it. */
  readonly needsGroups: boolean;
  readonly script: (cast: Cast) => readonly Act[];
}

/** Every scenario, in the order in which all of them are played. */
export const plays = {
  connect: {
    summary: "the admin tests the connection, twice",
    people: 0,
    needsGroups: false,
    script: () => [{ kind: "test" }, { kind: "test" }],
  },
  joiner: {
    summary: "somebody joins the company and a team",
    people: 1,
    needsGroups: false,
    script: ({ people: [person], groups: [team] }) =>
      person === undefined || team === undefined ? [] : [...join(person, team), { kind: "search", person }],
  },
  mover: {
    summary: "somebody changes jobs and teams",
    people: 2,
    needsGroups: false,
    script: ({ people: [mover, colleague], groups: [from, to] }) => {
      if (mover === undefined || colleague === undefined || from === undefined || to === undefined) return [];
      const promoted = withJob(mover, { title: "Sales Lead", department: "Sales" });
      return [
        ...join(mover, from),
        { kind: "assign", person: colleague },
        { kind: "add members", group: from, people: [colleague] },
        { kind: "create group", group: to },
        { kind: "update", person: promoted },
        { kind: "add members", group: to, people: [promoted] },
        { kind: "remove members", group: from, people: [promoted] },
      ];
    },
  },
  leaver: {
    summary: "somebody leaves, and a colleague stays",
    people: 2,
    needsGroups: false,
    script: ({ people: [leaver, colleague], groups: [team] }) => {
      if (leaver === undefined || colleague === undefined || team === undefined) return [];
      return [...join(leaver, team), { kind: "assign", person: colleague }, { kind: "deactivate", person: leaver }];
    },
  },
  rehire: {
    summary: "somebody who left comes back to the same account",
    people: 1,
    needsGroups: false,
    script: ({ people: [person] }) =>
      person === undefined
        ? []
        : [
            { kind: "assign", person },
            { kind: "deactivate", person },
            { kind: "reactivate", person },
          ],
  },
  erasure: {
    summary: "somebody who left is deleted for good, later hired anew",
    people: 1,
    needsGroups: false,
    script: ({ people: [person] }) =>
      person === undefined
        ? []
        : [
            { kind: "assign", person },
            { kind: "deactivate", person },
            { kind: "remove", person },
            { kind: "assign", person },
          ],
  },
  rename: {
    summary: "somebody gets another name, user name and address",
    people: 1,
    needsGroups: false,
    script: ({ people: [person] }) =>
      person === undefined
        ? []
        : [
            { kind: "assign", person },
            { kind: "update", person: withFamilyName(person, "Ångström") },
          ],
  },
  reorg: {
    summary: "teams are merged, renamed and dissolved",
    people: 4,
    needsGroups: true,
    script: ({ people, groups: [from, to] }) => {
      if (from === undefined || to === undefined) return [];
      const renamed = { ...to, name: `${to.name} 2.0` };
      return [
        { kind: "create group", group: from },
        { kind: "create group", group: to },
        ...people.map((person): Act => ({ kind: "assign", person })),
        { kind: "add members", group: from, people: people.slice(0, 3) },
        { kind: "add members", group: to, people: people.slice(3) },
        { kind: "add members", group: to, people: people.slice(0, 3) },
        { kind: "rename group", group: to, name: renamed.name },
        { kind: "remove members", group: renamed, people: people.slice(0, 1) },
        { kind: "delete group", group: from },
      ];
    },
  },
  "group-push": {
    summary: "a group is pushed, filled, pushed again, thinned out and emptied",
    people: 3,
    needsGroups: true,
    script: ({ people, groups: [group] }) => {
      if (group === undefined) return [];
      return [
        ...people.map((person): Act => ({ kind: "assign", person })),
        { kind: "create group", group },
        { kind: "add members", group, people },
        { kind: "add members", group, people },
        { kind: "remove members", group, people: people.slice(1, 2) },
        { kind: "remove members", group, people: people.slice(0, 1) },
        { kind: "remove members", group, people: people.slice(2) },
      ];
    },
  },
  "unassign-all": {
    summary: "the app is taken from everybody",
    people: 4,
    needsGroups: false,
    script: ({ people }) => [
      ...people.map((person): Act => ({ kind: "assign", person })),
      ...people.map((person): Act => ({ kind: "deactivate", person })),
    ],
  },
  "initial-import": {
    summary: "a company that exists already is imported, eight people at a time",
    people: 12,
    needsGroups: false,
    script: ({ people, groups: [, , , everybody] }) => {
      const waves = Array.from({ length: Math.ceil(people.length / importedAtOnce) }, (_, wave) =>
        people.slice(wave * importedAtOnce, (wave + 1) * importedAtOnce),
      );
      const imports = waves.map((wave): Act => ({
        kind: "at once",
        acts: wave.map((person) => ({ kind: "assign", person })),
      }));
      if (everybody === undefined) return imports;
      return [
        ...imports,
        { kind: "create group", group: everybody },
        { kind: "add members", group: everybody, people },
      ];
    },
  },
  "parallel-members": {
    summary: "members join and leave one group at the same time, a request each",
    people: 6,
    needsGroups: true,
    script: ({ people, groups: [group] }) => {
      if (group === undefined) return [];
      const each = (kind: "add members" | "remove members", some: readonly Person[]): Act => ({
        kind: "at once",
        acts: some.map((person) => ({ kind, group, people: [person] })),
      });
      return [
        ...people.map((person): Act => ({ kind: "assign", person })),
        { kind: "create group", group },
        each("add members", people),
        each("remove members", people.slice(0, 3)),
      ];
    },
  },
  retry: {
    summary: "answers are lost, and the provider sends again",
    people: 1,
    needsGroups: false,
    script: ({ people: [person], groups: [group] }) => {
      if (person === undefined || group === undefined) return [];
      return [
        { kind: "lost answer", act: { kind: "assign", person } },
        { kind: "lost answer", act: { kind: "create group", group } },
        { kind: "lost answer", act: { kind: "add members", group, people: [person] } },
        { kind: "lost answer", act: { kind: "deactivate", person } },
      ];
    },
  },
  race: {
    summary: "two connectors create the same person at the same time",
    people: 1,
    needsGroups: false,
    script: ({ people: [person] }) => (person === undefined ? [] : [{ kind: "race", person }]),
  },
} as const satisfies Readonly<Record<string, Play>>;

/** Names of the scenarios. */
export type ScenarioName = keyof typeof plays;

/** Names that a rehearsal accepts, for help texts and validation. */
export function scenarioNames(): readonly ScenarioName[] {
  return Object.keys(plays) as ScenarioName[];
}

const importedAtOnce = 8;

function join(person: Person, team: Group): Act[] {
  return [
    { kind: "create group", group: team },
    { kind: "assign", person },
    { kind: "add members", group: team, people: [person] },
  ];
}
