import { describe, expect, test } from "vitest";
import { makeGroup } from "../groups.ts";
import { people, takePeople, withFamilyName, withJob } from "../people.ts";
import type { IdentityProvider } from "../provider.ts";
import { connection } from "./connection.ts";
import { joiner } from "./joiner.ts";
import { leaver, rehire } from "./leaver.ts";
import { mover, rename } from "./mover.ts";
import { runSteps } from "./step.ts";
import type { Step } from "./step.ts";

const [someone] = takePeople(people(1), 1);
if (someone === undefined) {
  throw new Error("people() is endless");
}
const mara = { ...someone, givenName: "Mara", familyName: "Lind", displayName: "Mara Lind", title: "Engineer" };
const engineering = makeGroup("Engineering");
const sales = makeGroup("Sales");
const promoted = withJob(mara, { title: "Sales Lead", department: "Sales" });

describe("a scenario", () => {
  test.each<[string, (provider: IdentityProvider) => Step[], string[], string[]]>([
    [
      "connection",
      (provider) => connection(provider, { groups: [engineering] }),
      ["the admin tests the connection", "the team Engineering is shared with the app"],
      ["testConnection", "createGroup Engineering"],
    ],
    [
      "joiner",
      (provider) => joiner(provider, { person: mara, groups: [engineering] }),
      ["Mara Lind joins as Engineer", "Mara Lind is added to the team Engineering"],
      ["assign Mara Lind", "addMembers Engineering Mara Lind"],
    ],
    [
      "mover",
      (provider) => mover(provider, { person: promoted, from: engineering, to: sales }),
      [
        "Mara Lind becomes Sales Lead",
        "Mara Lind is added to the team Sales",
        "Mara Lind is taken out of the team Engineering",
      ],
      ["update Mara Lind", "addMembers Sales Mara Lind", "removeMembers Engineering Mara Lind"],
    ],
    [
      "leaver",
      (provider) => leaver(provider, { person: mara }),
      ["Mara Lind leaves; the account is switched off"],
      ["deactivate Mara Lind"],
    ],
    [
      "leaver, erased",
      (provider) => leaver(provider, { person: mara, isErased: true }),
      ["Mara Lind leaves; the account is switched off", "weeks later, Mara Lind is deleted for good"],
      ["deactivate Mara Lind", "remove Mara Lind"],
    ],
    [
      "rehire",
      (provider) => rehire(provider, { person: mara }),
      ["Mara Lind comes back; the account is switched on again"],
      ["reactivate Mara Lind"],
    ],
    [
      "rename",
      (provider) => rename(provider, { person: withFamilyName(mara, "Berg"), formerName: mara.displayName }),
      ["Mara Lind is now called Mara Berg"],
      ["update Mara Berg"],
    ],
  ])("%s tells what happens and does it, in order, only when run", async (_name, scenario, told, done) => {
    const acts: string[] = [];
    const steps = scenario(notingProvider(acts));
    expect(acts).toEqual([]);
    const heard: string[] = [];
    await runSteps(steps, (step) => heard.push(`${step.actor}: ${step.description}`));
    expect(heard).toEqual(told.map((line) => `Acme IdP: ${line}`));
    expect(acts).toEqual(done);
  });

  test("stops at the step that fails", async () => {
    const acts: string[] = [];
    const provider = { ...notingProvider(acts), addMembers: () => Promise.reject(new Error("no such group")) };
    const steps = [...joiner(provider, { person: mara, groups: [engineering] }), ...leaver(provider, { person: mara })];
    await expect(runSteps(steps)).rejects.toThrow("no such group");
    expect(acts).toEqual(["assign Mara Lind"]);
  });
});

/** Writes down what it is asked to do. */
function notingProvider(acts: string[]): IdentityProvider {
  const note = (...words: readonly string[]): Promise<void> => {
    acts.push(words.join(" "));
    return Promise.resolve();
  };
  return {
    name: "Acme IdP",
    habits: { pushesGroups: true, deletesGroups: true, deletesPeople: true },
    testConnection: () => note("testConnection"),
    assign: (person) => note("assign", person.displayName),
    update: (person) => note("update", person.displayName),
    deactivate: (person) => note("deactivate", person.displayName),
    reactivate: (person) => note("reactivate", person.displayName),
    remove: (person) => note("remove", person.displayName),
    createGroup: (group) => note("createGroup", group.name),
    renameGroup: (group, name) => note("renameGroup", group.name, name),
    deleteGroup: (group) => note("deleteGroup", group.name),
    addMembers: (group, members) => note("addMembers", group.name, ...members.map((person) => person.displayName)),
    removeMembers: (group, members) =>
      note("removeMembers", group.name, ...members.map((person) => person.displayName)),
  };
}
