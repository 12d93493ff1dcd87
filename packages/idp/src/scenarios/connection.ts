import type { Group, IdentityProvider } from "../provider.ts";
import type { Step } from "./step.ts";

/** The first day: the admin tests the connection and shares the company's groups with the app. */
export function connection(provider: IdentityProvider, story: { readonly groups: readonly Group[] }): Step[] {
  const actor = provider.name;
  return [
    { actor, description: "the admin tests the connection", run: () => provider.testConnection() },
    ...story.groups.map((group) => ({
      actor,
      description: `the team ${group.name} is shared with the app`,
      run: () => provider.createGroup(group),
    })),
  ];
}
