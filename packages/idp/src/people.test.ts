import { describe, expect, test } from "vitest";
import { makeGroup } from "./groups.ts";
import { people, takePeople, withFamilyName, withJob } from "./people.ts";

describe("people", () => {
  test("the same seed gives the same people, another seed gives others", () => {
    const first = takePeople(people(7), 50);
    expect(takePeople(people(7), 50)).toEqual(first);
    expect(takePeople(people(8), 50).map(({ id }) => id)).not.toEqual(first.map(({ id }) => id));
  });

  test.each([0, 1, 2, 12_345, -1])("among 5000 people of seed %d nothing that must be unique repeats", (seed) => {
    const crowd = takePeople(people(seed), 5_000);
    for (const unique of ["id", "userName", "email", "employeeNumber"] as const) {
      expect(new Set(crowd.map((person) => person[unique])).size).toBe(5_000);
    }
  });

  test("addresses are plain ASCII on an example domain although names are not", () => {
    const crowd = takePeople(people(3), 2_000);
    expect(crowd.filter(({ email }) => !/^[a-z]+\.[a-z]+\d*@example\.com$/.test(email))).toEqual([]);
    expect(crowd.some(({ displayName }) => /[^ -~]/.test(displayName))).toBe(true);
  });

  test("every manager is somebody who came before; the first person has none", () => {
    const crowd = takePeople(people(3), 500);
    const known = new Set<string>();
    for (const person of crowd) {
      expect(person.manager === undefined || known.has(person.manager.id)).toBe(true);
      known.add(person.id);
    }
    expect(crowd.filter(({ manager }) => manager === undefined)).toEqual([crowd[0]]);
  });

  test("taking none takes none", () => {
    expect(takePeople(people(1), 0)).toEqual([]);
  });

  test("another domain is used throughout", () => {
    const [person] = takePeople(people(1, { domain: "contoso.test" }), 1);
    expect(person?.email).toMatch(/@contoso\.test$/);
    expect(person?.userName).toBe(person?.email);
  });
});

describe("the same person later", () => {
  const [person] = takePeople(people(1), 1);

  test("a new job changes title and department only", () => {
    const moved = person && withJob(person, { title: "Team Lead", department: "Sales" });
    expect(moved).toEqual({ ...person, title: "Team Lead", department: "Sales" });
  });

  test("a new name changes every name and address, and not the id", () => {
    const renamed = person && withFamilyName(person, "Ångström");
    expect(renamed).toMatchObject({ id: person?.id, familyName: "Ångström", employeeNumber: person?.employeeNumber });
    expect(renamed?.userName).toMatch(/\.angstrom@example\.com$/);
    expect(renamed?.email).toBe(renamed?.userName);
    expect(renamed?.displayName).toBe(`${person?.givenName ?? ""} Ångström`);
  });
});

test("a group has the same id for the same name and seed, in the form of a UUID", () => {
  expect(makeGroup("Sales")).toEqual(makeGroup("Sales"));
  expect(makeGroup("Sales", 1).id).not.toBe(makeGroup("Sales").id);
  expect(makeGroup("Sales").id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
