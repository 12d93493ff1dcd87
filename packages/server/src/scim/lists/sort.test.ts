import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { connect, send } from "../../fixtures/in-process.ts";
import { fields, startServer, text } from "../../fixtures/running-server.ts";
import { apiKey } from "../../fixtures/running-server.ts";
import { createServer } from "../../index.ts";

/*
 * Sorted lists against a second sorting, written over the bodies that were sent. Names and titles repeat on purpose, in
 * several letter cases, so that what decides between equal keys shows.
 */

interface Person {
  readonly userName: string;
  readonly title?: string;
  readonly active: boolean;
  readonly emails?: readonly { readonly value: string; readonly primary?: boolean }[];
  readonly "urn:acme:2.0:User"?: { readonly level: number };
}

type Read = (path: string) => Promise<{ totalResults: number; Resources: readonly Person[] }>;

const people: readonly Person[] = Array.from({ length: 60 }, (_, index) => ({
  userName: `${index % 2 === 0 ? "User" : "user"}${String((index * 37) % 60)}@x.test`,
  ...(index % 4 === 0 ? {} : { title: ["lead", "Lead", "boss", "Årsta"][index % 3] ?? "" }),
  active: index % 3 !== 0,
  ...(index % 5 === 0
    ? {}
    : {
        emails: [
          { value: `z${String(index)}@x.test` },
          { value: `A${String((index * 7) % 60)}@x.test`, primary: true },
        ],
      }),
  ...(index % 7 === 0 ? {} : { "urn:acme:2.0:User": { level: (index * 13) % 10 } }),
}));

const keys: Readonly<Record<string, (person: Person) => string | number | undefined>> = {
  userName: (person) => person.userName.toLowerCase(),
  USERNAME: (person) => person.userName.toLowerCase(),
  title: (person) => person.title?.toLowerCase(),
  emails: (person) => person.emails?.[1]?.value.toLowerCase(),
  "emails.value": (person) => person.emails?.[1]?.value.toLowerCase(),
  active: (person) => Number(person.active),
  "urn:acme:2.0:User:level": (person) => person["urn:acme:2.0:User"]?.level,
  id: (person) => people.indexOf(person),
  "meta.created": (person) => people.indexOf(person),
  unheardOf: () => undefined,
};

/** The names in the order that the words of RFC 7644 section 3.4.2.3 ask for. */
function expected(by: string, isDescending: boolean, keep: (person: Person) => boolean): string[] {
  const keyOf = keys[by] ?? (() => undefined);
  const known = people.filter((person) => keep(person) && keyOf(person) !== undefined);
  const rest = people.filter((person) => keep(person) && keyOf(person) === undefined);
  const ascending = [...known].sort((left, right) => {
    const [one, other] = [keyOf(left) ?? 0, keyOf(right) ?? 0];
    if (one === other) return people.indexOf(left) - people.indexOf(right);
    return one < other ? -1 : 1;
  });
  const whole = [...ascending, ...rest].map(({ userName }) => userName);
  return isDescending ? whole.reverse() : whole;
}

describe("a sorted list", () => {
  let read: Read;
  beforeAll(async () => {
    const server = await createServer({ dataFile: ":memory:", apiKey });
    const { path, token } = await connect(server);
    for (const body of people) await send(server, `POST ${path}/Users`, { token, body });
    read = async (query) => (await send(server, `GET ${path}${query}`, { token })) as Awaited<ReturnType<Read>>;
  });

  const request = fc.record({
    by: fc.constantFrom(...Object.keys(keys)),
    isDescending: fc.boolean(),
    isFiltered: fc.boolean(),
    startIndex: fc.integer({ min: 1, max: 65 }),
    count: fc.integer({ min: 0, max: 65 }),
  });
  type Request = FromArbitrary<typeof request>;
  const found = async ({ by, isDescending, isFiltered, startIndex, count }: Request) => {
    const filter = isFiltered ? "&filter=active+eq+true" : "";
    const order = isDescending ? "Descending" : "ascending";
    const page = await read(
      `/Users?sortBy=${by}&sortOrder=${order}&startIndex=${String(startIndex)}&count=${String(count)}${filter}`,
    );
    return { total: page.totalResults, names: page.Resources.map(({ userName }) => userName) };
  };
  const wanted = ({ by, isDescending, isFiltered, startIndex, count }: Request) => {
    const all = expected(by, isDescending, (person) => !isFiltered || person.active);
    return { total: all.length, names: all.slice(startIndex - 1, startIndex - 1 + count) };
  };

  test("is the whole list in order, cut into pages, whatever it is sorted by", async () => {
    const property = fc.asyncProperty(request, async (asked) => {
      expect(await found(asked)).toEqual(wanted(asked));
    });
    await fc.assert(property, { numRuns: 250 });
  });

  test("and the comparison notices an order that is wrong", async () => {
    const byTitle = { by: "title", isDescending: false, isFiltered: false, startIndex: 1, count: 60 };
    expect(await found(byTitle)).not.toEqual(wanted({ ...byTitle, isDescending: true }));
    expect(await found(byTitle)).not.toEqual(wanted({ ...byTitle, startIndex: 2 }));
  });
});

type FromArbitrary<A> = A extends fc.Arbitrary<infer T> ? T : never;

test("groups are sorted by name, and those of one name by creation", async () => {
  const { scim } = await (await startServer()).createDirectory();
  const ids: string[] = [];
  for (const [index, displayName] of ["b", "A", "B", "c"].entries()) {
    const body = { displayName, externalId: `e${String(9 - index)}` };
    ids.push(text(await scim("/Groups", { method: "POST", body }), "id"));
  }
  const order = async (query: string) => {
    const { Resources } = fields(await scim(`/Groups?${query}`)) as { Resources: { id: string }[] };
    return Resources.map(({ id }) => ids.indexOf(id));
  };
  expect(await order("sortBy=displayName")).toEqual([1, 0, 2, 3]);
  expect(await order("sortBy=displayName&sortOrder=descending")).toEqual([3, 2, 0, 1]);
  expect(await order("sortBy=externalId")).toEqual([3, 2, 1, 0]);
  expect(await order("sortBy=id&sortOrder=descending&count=2&startIndex=2")).toEqual([2, 1]);
});

test.each([
  ["/Users?sortBy=name", "invalidPath"],
  ["/Users?sortBy=a..b", "invalidPath"],
  ["/Users?sortBy=__proto__", "invalidPath"],
  ["/Users?sortBy=urn:ietf:params:scim:schemas:core:2.0:User", "invalidPath"],
  ["/Groups?sortBy=members", "invalidPath"],
  ["/Users?sortBy=userName&sortOrder=up", "invalidValue"],
])("%s is refused", async (path, scimType) => {
  const { scim } = await (await startServer()).createDirectory();
  const answer = await scim(path);
  expect([answer.status, fields(answer)["scimType"]]).toEqual([400, scimType]);
});
