import { expect, test } from "vitest";
import { people, takePeople } from "../people.ts";
import type { Person } from "../people.ts";
import type { IdentityProvider } from "../provider.ts";
import { initialImport } from "./initial-import.ts";

const crowd = takePeople(people(1), 20);

test.each([
  [1, 1],
  [4, 4],
  [100, 20],
])("with a limit of %d, everybody is assigned once and %d calls are under way at most", async (limit, most) => {
  const seen: string[] = [];
  let underWay = 0;
  let underWayMax = 0;
  const provider = assigning(async (person) => {
    underWay += 1;
    underWayMax = Math.max(underWayMax, underWay);
    await new Promise(setImmediate);
    seen.push(person.id);
    underWay -= 1;
  });
  expect(await initialImport(provider, { people: crowd, concurrencyMax: limit })).toBe(20);
  expect(seen.sort()).toEqual(crowd.map(({ id }) => id).sort());
  expect(underWayMax).toBe(most);
});

test("the first failure ends the import", async () => {
  let calls = 0;
  const provider = assigning(() => {
    calls += 1;
    return calls === 3 ? Promise.reject(new Error("no")) : Promise.resolve();
  });
  await expect(initialImport(provider, { people: crowd })).rejects.toThrow("no");
  expect(calls).toBe(3);
});

test("nobody to import is not an error", async () => {
  const provider = assigning(() => Promise.reject(new Error("must not be called")));
  expect(await initialImport(provider, { people: [] })).toBe(0);
});

function assigning(assign: (person: Person) => Promise<void>): IdentityProvider {
  const unexpected = (): Promise<void> => Promise.reject(new Error("only assign is expected"));
  return {
    name: "Acme IdP",
    habits: { pushesGroups: true, deletesGroups: true, deletesPeople: true },
    assign,
    testConnection: unexpected,
    update: unexpected,
    deactivate: unexpected,
    reactivate: unexpected,
    remove: unexpected,
    createGroup: unexpected,
    renameGroup: unexpected,
    deleteGroup: unexpected,
    addMembers: unexpected,
    removeMembers: unexpected,
  };
}
