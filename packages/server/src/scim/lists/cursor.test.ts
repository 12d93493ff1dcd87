import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { connect, send } from "../../fixtures/in-process.ts";
import type { Connected } from "../../fixtures/in-process.ts";
import { apiKey, fields, startServer } from "../../fixtures/running-server.ts";
import { createServer } from "../../index.ts";
import type { DirsyncServer } from "../../index.ts";

/*
 * A directory changes while a client pages through it. By cursor it meets everybody who was there all the time, once. By
 * `startIndex` it meets nobody twice; whom it misses can only be a neighbour of somebody deleted.
 */

interface Page {
  readonly totalResults: number;
  readonly Resources: readonly { readonly id: string }[];
  readonly nextCursor?: string;
}

const between = fc.record({
  /** Which users go before each page, by their place among those that are left. */
  deleted: fc.array(fc.nat({ max: 30 }), { maxLength: 3 }),
  created: fc.nat({ max: 2 }),
});
const journey = fc.record({
  count: fc.integer({ min: 1, max: 6 }),
  pages: fc.array(between, { minLength: 12, maxLength: 12 }),
  kind: fc.constantFrom("Users" as const, "Groups" as const),
  isFiltered: fc.boolean(),
});

async function withServer<T>(work: (server: DirsyncServer, directory: Connected) => Promise<T>): Promise<T> {
  const server = await createServer({ dataFile: ":memory:", apiKey });
  try {
    return await work(server, await connect(server));
  } finally {
    await server.close();
  }
}

/** Pages to the end while others come and go, and tells who was met, who stayed, and who was there at some time. */
async function travel({ count, pages, kind, isFiltered }: FromArbitrary<typeof journey>, isByCursor: boolean) {
  return await withServer(async (server, { path, token }) => {
    let made = 0;
    const create = async (): Promise<string> => {
      made += 1;
      const body = kind === "Users" ? { userName: `u${String(made)}@x.test` } : { displayName: `g${String(made)}` };
      return ((await send(server, `POST ${path}/${kind}`, { token, body })) as { id: string }).id;
    };
    const left: string[] = [];
    for (let index = 0; index < 20; index += 1) left.push(await create());
    const stayed = new Set(left);
    const met: string[] = [];
    const filter = isFiltered ? "&filter=id+pr" : "";
    let cursor = "";
    let startIndex = 1;
    for (let turn = 0; ; turn += 1) {
      const place = isByCursor ? `cursor=${cursor}` : `startIndex=${String(startIndex)}`;
      const page = (await send(server, `GET ${path}/${kind}?${place}&count=${String(count)}${filter}`, {
        token,
      })) as Page;
      expect(page.totalResults).toBe(left.length);
      met.push(...page.Resources.map(({ id }) => id));
      if (isByCursor ? page.nextCursor === undefined : page.Resources.length === 0) return { met, stayed };
      cursor = page.nextCursor ?? "";
      startIndex += page.Resources.length;
      const { deleted, created } = pages[turn] ?? { deleted: [], created: 0 };
      for (const at of deleted) {
        const id = left.splice(at % Math.max(1, left.length), 1)[0];
        if (id === undefined) continue;
        stayed.delete(id);
        await send(server, `DELETE ${path}/${kind}/${id}`, { token });
      }
      for (let index = 0; index < created; index += 1) left.push(await create());
    }
  });
}

type FromArbitrary<A> = A extends fc.Arbitrary<infer T> ? T : never;

describe("a client that pages while others come and go", () => {
  test("by cursor meets everybody who stays, and nobody twice", async () => {
    const property = fc.asyncProperty(journey, async (asked) => {
      const { met, stayed } = await travel(asked, true);
      expect(new Set(met).size).toBe(met.length);
      expect([...stayed].filter((id) => !met.includes(id))).toEqual([]);
    });
    await fc.assert(property, { numRuns: 15 });
  }, 60_000);

  test("by startIndex meets nobody twice, and everybody where nobody goes", async () => {
    const property = fc.asyncProperty(journey, fc.boolean(), async (asked, isQuiet) => {
      const pages = isQuiet ? asked.pages.map((each) => ({ ...each, deleted: [] })) : asked.pages;
      const { met, stayed } = await travel({ ...asked, pages }, false);
      expect(new Set(met).size).toBe(met.length);
      if (isQuiet) expect([...stayed].filter((id) => !met.includes(id))).toEqual([]);
    });
    await fc.assert(property, { numRuns: 10 });
  }, 60_000);

  test("and the comparison notices whom startIndex misses", async () => {
    const pages = Array.from({ length: 12 }, () => ({ deleted: [0], created: 0 }));
    const { met, stayed } = await travel({ count: 5, kind: "Users", isFiltered: false, pages }, false);
    expect([...stayed].filter((id) => !met.includes(id))).not.toEqual([]);
  });
});

test.each([
  ["/Users?cursor=nonsense"],
  ["/Users?cursor=directory_group_01ARZ3NDEKTSV4RRFFQ69G5FAV"],
  ["/Groups?cursor=directory_user_01ARZ3NDEKTSV4RRFFQ69G5FAV"],
  ["/Users?cursor=&sortBy=userName"],
  ["/?cursor="],
])("%s is refused", async (path) => {
  const { scim } = await (await startServer()).createDirectory();
  const answer = await scim(path);
  expect([answer.status, fields(answer)["scimType"]]).toEqual([400, "invalidCursor"]);
});

test("a cursor works in a search, a count of nothing has none, and discovery says that there are cursors", async () => {
  const { scim } = await (await startServer()).createDirectory();
  for (const name of ["a", "b", "c"]) await scim("/Users", { method: "POST", body: { userName: `${name}@x.test` } });
  const first = fields(await scim("/Users/.search", { method: "POST", body: { cursor: "", count: 2 } }));
  const next = { cursor: first["nextCursor"], count: 2 };
  const second = fields(await scim("/Users/.search", { method: "POST", body: next }));
  expect(second).toMatchObject({ totalResults: 3, itemsPerPage: 1, Resources: [{ userName: "c@x.test" }] });
  expect(second).not.toHaveProperty("nextCursor");
  expect(fields(await scim("/Users?cursor=&count=0"))).not.toHaveProperty("nextCursor");
  expect(fields(await scim("/Users?count=1"))).not.toHaveProperty("nextCursor");
  expect(fields(await scim("/ServiceProviderConfig"))["pagination"]).toMatchObject({ cursor: true, index: true });
});
