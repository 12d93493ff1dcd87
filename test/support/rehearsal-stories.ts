/** Which events each scenario of the idp package is to leave in the log, written down by hand. */
import type { ProviderName, ScenarioName } from "@dirsync/idp";
import type { DirectoryEvent } from "@dirsync/sdk";

/** The directory type for each provider. */
export const directoryTypes: Readonly<Record<ProviderName, string>> = {
  okta: "okta scim v2.0",
  "okta-custom-app": "okta scim v2.0",
  entra: "azure scim v2.0",
  "entra-compliant": "azure scim v2.0",
  onelogin: "onelogin scim v2.0",
  jumpcloud: "jump cloud scim v2.0",
  pingfederate: "pingfederate scim v2.0",
  pingone: "pingfederate scim v2.0",
  rippling: "rippling scim v2.0",
  cyberark: "cyberark scim v2.0",
  sailpoint: "sailpoint scim v2.0",
  google: "gsuite directory",
  generic: "generic scim v2.0",
};

const people = (count: number, line: (who: string) => string): string[] =>
  Array.from({ length: count }, (_, index) => line(String.fromCharCode(65 + index)));
const created = (who: string): string => `user.created ${who} active`;
const switchedOff = (who: string): string => `user.updated ${who} inactive`;
const added = (group: string) => (who: string) => `group.user_added ${who} ${group}`;
const removed = (group: string) => (who: string) => `group.user_removed ${who} ${group}`;

/** People and groups are called by letters and numbers, in the order in which they appear. */
const stories: Readonly<Record<ScenarioName, readonly string[]>> = {
  connect: [],
  joiner: ["group.created 1", created("A"), added("1")("A")],
  mover: [
    "group.created 1",
    created("A"),
    added("1")("A"),
    created("B"),
    added("1")("B"),
    "group.created 2",
    "user.updated A active",
    added("2")("A"),
    removed("1")("A"),
  ],
  leaver: ["group.created 1", created("A"), added("1")("A"), created("B"), switchedOff("A")],
  rehire: [created("A"), switchedOff("A"), "user.updated A active"],
  erasure: [created("A"), switchedOff("A"), "user.deleted A inactive", created("A")],
  rename: [created("A"), "user.updated B active"],
  reorg: [
    "group.created 1",
    "group.created 2",
    ...people(4, created),
    ...people(3, added("1")),
    added("2")("D"),
    ...people(3, added("2")),
    "group.updated 3",
    removed("3")("A"),
    "group.deleted 1",
  ],
  "group-push": [
    ...people(3, created),
    "group.created 1",
    ...people(3, added("1")),
    ...["B", "A", "C"].map(removed("1")),
  ],
  "unassign-all": [...people(4, created), ...people(4, switchedOff)],
  "initial-import": [...people(12, created), "group.created 1", ...people(12, added("1"))],
  "parallel-members": [...people(6, created), "group.created 1", ...people(6, added("1")), ...people(3, removed("1"))],
  retry: [created("A"), "group.created 1", added("1")("A"), switchedOff("A")],
  race: [created("A")],
};

/** In these, some happens at the same time, so that the order among the people is open. */
export const unordered: readonly ScenarioName[] = ["initial-import", "parallel-members"];

const activation = [
  created("A"),
  "user.updated A active",
  "group.created 1",
  added("1")("A"),
  "group.deleted 1",
  "user.deleted A active",
];

/** The events of a scenario as a provider plays it. */
export function storyOf(provider: ProviderName, scenario: ScenarioName): readonly string[] {
  if (scenario === "connect" && provider === "jumpcloud") return [...activation, ...activation];
  const isOkta = provider === "okta" || provider === "okta-custom-app";
  if (scenario === "erasure" && isOkta) return [created("A"), switchedOff("A"), "user.updated A active"];
  const keepsGroups = provider === "onelogin" || provider === "cyberark";
  const story = stories[scenario].filter((line) => !(keepsGroups && line.startsWith("group.deleted")));
  return provider === "google"
    ? stories[scenario].some((line) => line.startsWith("group."))
      ? googleStory(scenario)
      : story
    : story;
}

/** Google pushes no groups, so that a scenario about them is not played, and others are played without. */
function googleStory(scenario: ScenarioName): readonly string[] {
  if (["reorg", "group-push", "parallel-members"].includes(scenario)) return [];
  return stories[scenario].filter((line) => !line.startsWith("group."));
}

/** Events in words, with letters for people and numbers for groups in the order in which they appear. */
export function canonical(events: readonly DirectoryEvent[]): string[] {
  const letters = new Map<string, string>();
  const numbers = new Map<string, string>();
  const letterOf = (email: string): string => {
    if (!letters.has(email)) letters.set(email, String.fromCharCode(65 + letters.size));
    return letters.get(email) ?? "";
  };
  const numberOf = (name: string): string => {
    if (!numbers.has(name)) numbers.set(name, String(numbers.size + 1));
    return numbers.get(name) ?? "";
  };
  return events.map(({ event, data }) => {
    const facts = data as { user?: Facts; group?: Facts } & Facts;
    const user = event.startsWith("dsync.user.") ? facts : facts.user;
    const group = event.startsWith("dsync.user.") ? undefined : (facts.group ?? facts);
    return [
      event.replace("dsync.", ""),
      ...(user?.email === undefined ? [] : [letterOf(user.email)]),
      ...(group?.name === undefined ? [] : [numberOf(group.name)]),
      ...(group === undefined ? [user?.state ?? ""] : []),
    ].join(" ");
  });
}

interface Facts {
  readonly email?: string;
  readonly name?: string;
  readonly state?: string;
}

/** For comparing where the order is open. */
export function sorted(lines: readonly string[]): string[] {
  return [...lines].sort((one, other) => (one < other ? -1 : 1));
}
