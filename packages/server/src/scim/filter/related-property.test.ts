import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, send } from "../../fixtures/in-process.ts";
import type { Connected } from "../../fixtures/in-process.ts";
import { apiKey } from "../../fixtures/running-server.ts";
import { createServer } from "../../index.ts";
import type { DirsyncServer } from "../../index.ts";
import { compileElementFilter, matches, parseFilter } from "./filter.ts";
import { coreAttribute } from "../schema/schemas.ts";

/*
 * Filters on members and on the groups of users are answered by SQL. Here each is also run in memory, by the evaluator that
 * property.test.ts beside it holds against the RFC, over resources that do hold their members and groups.
 */

interface Element {
  readonly value: string;
  readonly display: string;
  readonly type: string;
}

interface Seen {
  readonly id: string;
  readonly displayName: string;
  readonly elements: readonly Element[];
}

// Names that differ in letter case, are part of each other, and are compared byte by byte where text would end.
const userNames = ["a", "A", "Ab", "éb", "b\u0000a", undefined, "xa"];
const groupNames = { G: [0, 1, 2], g: [2, 5], Gab: [3, 4, 5, 6], empty: [], é: [4] };

let server: DirsyncServer;
let directory: Connected;
let users: readonly Seen[];
let groups: readonly Seen[];

beforeAll(async () => {
  server = await createServer({ dataFile: ":memory:", apiKey });
  directory = await connect(server);
  const made: { readonly id: string; readonly display: string }[] = [];
  for (const [index, displayName] of userNames.entries()) {
    const userName = `u${String(index)}@x.test`;
    const { id } = await ask(`POST ${directory.path}/Users`, { userName, displayName });
    made.push({ id, display: displayName ?? userName });
  }
  const found: Seen[] = [];
  for (const [index, [displayName, members]] of Object.entries(groupNames).entries()) {
    const body = {
      displayName,
      externalId: String(index),
      members: members.map((each) => ({ value: made[each]?.id ?? "" })),
    };
    const { id } = await ask(`POST ${directory.path}/Groups`, body);
    const elements = members.map((each) => {
      const { id: value, display } = made[each] ?? { id: "", display: "" };
      return { value, display, type: "User" };
    });
    found.push({ id, displayName, elements });
  }
  groups = found;
  users = made.map(({ id, display }) => ({
    id,
    displayName: display,
    elements: found
      .filter(({ elements }) => elements.some(({ value }) => value === id))
      .map((group) => ({ value: group.id, display: group.displayName, type: "direct" })),
  }));
});
afterAll(() => server.close());

async function ask(route: string, body?: object): Promise<{ id: string; Resources: { id: string }[] }> {
  const answer = await send(server, route, { token: directory.token, ...(body === undefined ? {} : { body }) });
  return answer as { id: string; Resources: { id: string }[] };
}

type List = "members" | "groups";

const parts = ["value", "display", "type", "nothing"] as const;
const operators = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] as const;

/** Index of an id, or a text: ids are known only while the test runs. */
const literal = fc.oneof(
  fc.integer({ min: 0, max: 6 }),
  fc.constantFrom("", "a", "A", "ab", "é", "b\u0000a", "\u0000a", "g", "user", "direct", "u5@x.test", "z"),
);

interface Comparison {
  readonly part: (typeof parts)[number];
  readonly operator: (typeof operators)[number];
  readonly literal: number | string;
}

type Tree =
  | { readonly kind: "compare"; readonly of: Comparison }
  | { readonly kind: "null"; readonly part: (typeof parts)[number]; readonly operator: "eq" | "ne" }
  | { readonly kind: "present"; readonly part: (typeof parts)[number] | null }
  | { readonly kind: "element"; readonly where: Tree; readonly also: Comparison | null }
  | { readonly kind: "plain"; readonly displayName: string }
  | { readonly kind: "and" | "or"; readonly left: Tree; readonly right: Tree }
  | { readonly kind: "not"; readonly inner: Tree };

const comparison: fc.Arbitrary<Comparison> = fc.record({
  part: fc.constantFrom(...parts),
  operator: fc.constantFrom(...operators),
  literal,
});
const partTest: fc.Arbitrary<Tree> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("compare" as const), of: comparison }) },
  fc.record({
    kind: fc.constant("null" as const),
    part: fc.constantFrom(...parts),
    operator: fc.constantFrom("eq" as const, "ne" as const),
  }),
  fc.record({ kind: fc.constant("present" as const), part: fc.constantFrom(...parts) }),
);
const joined = (leaf: fc.Arbitrary<Tree>, depthIdentifier: string): fc.Arbitrary<Tree> =>
  fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, depthIdentifier },
      leaf,
      fc.record({ kind: fc.constantFrom("and" as const, "or" as const), left: tie("tree"), right: tie("tree") }),
      fc.record({ kind: fc.constant("not" as const), inner: tie("tree") }),
    ),
  })).tree;
const elementTree = joined(partTest, "element");
const filterTree = joined(
  fc.oneof(
    partTest,
    fc.constant<Tree>({ kind: "present", part: null }),
    fc.record({
      kind: fc.constant("element" as const),
      where: elementTree,
      also: fc.option(comparison, { nil: null }),
    }),
    fc.record({ kind: fc.constant("plain" as const), displayName: fc.constantFrom("G", "Ab", "é") }),
  ),
  "filter",
);

/** The filter as text; inside brackets, parts stand alone. */
function textOf(tree: Tree, list: List, isInside = false): string {
  const pathOf = (part: string): string => (isInside ? part : `${list}.${part}`);
  const inner = (one: Tree): string => textOf(one, list, isInside);
  switch (tree.kind) {
    case "compare":
      return comparisonText(pathOf(tree.of.part), tree.of, list);
    case "null":
      return `${pathOf(tree.part)} ${tree.operator} null`;
    case "present":
      return `${tree.part === null ? list : pathOf(tree.part)} pr`;
    case "element": {
      const also = tree.also === null ? "" : `.${comparisonText(tree.also.part, tree.also, list)}`;
      return `${list}[${textOf(tree.where, list, true)}]${also}`;
    }
    case "plain":
      return `displayName eq ${JSON.stringify(tree.displayName)}`;
    case "and":
    case "or":
      return `(${inner(tree.left)}) ${tree.kind} (${inner(tree.right)})`;
    case "not":
      return `not (${inner(tree.inner)})`;
    default:
      return tree satisfies never;
  }
}

function comparisonText(path: string, { operator, literal: meant }: Comparison, list: List): string {
  const others = list === "members" ? users : groups;
  const text = typeof meant === "string" ? meant : (others[meant % others.length]?.id ?? "");
  return `${path} ${operator} ${JSON.stringify(text)}`;
}

const settings = { numRuns: 200 };

describe("a filter on what is not in the resource agrees with one on resources that hold it", () => {
  test.each(["members", "groups"] as const)("%s", async (list) => {
    const [type, all] = list === "members" ? (["Group", groups] as const) : (["User", users] as const);
    await fc.assert(
      fc.asyncProperty(filterTree, async (tree) => {
        const filter = textOf(tree, list);
        const { Resources } = await ask(`GET ${directory.path}/${type}s?filter=${encodeURIComponent(filter)}`);
        const expected = all.filter(({ id, displayName, elements }) =>
          matches(parseFilter(filter, type), { id, displayName, [list]: elements }, type),
        );
        expect(Resources.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      }),
      settings,
    );
  });

  test("where two groups have one name, it finds the users of both and nobody else", async () => {
    const filter = encodeURIComponent('groups.display eq "g"');
    const { Resources } = await ask(`GET ${directory.path}/Users?filter=${filter}`);
    const expected = users.filter(({ elements }) => elements.some(({ display }) => display.toLowerCase() === "g"));
    expect(expected).toHaveLength(4);
    expect(Resources.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  });

  test("and so does one that says which members to remove, of those who were there and who just came", async () => {
    const definition = coreAttribute("Group", "members") ?? null;
    await fc.assert(
      fc.asyncProperty(elementTree, fc.subarray([0, 1, 2, 3, 4, 5, 6]), async (tree, before) => {
        const where = textOf(tree, "members", true);
        const value = (index: number) => ({ value: users[index]?.id ?? "" });
        const displayName = "Changing";
        const { id } = await ask(`POST ${directory.path}/Groups`, { displayName, members: before.map(value) });
        const path = `${directory.path}/Groups/${id}`;
        const Operations = [
          { op: "add", path: "members", value: [0, 3].map(value) },
          { op: "remove", path: "members", value: [1].map(value) },
          { op: "remove", path: `members[${where}]` },
        ];
        const answer = await ask(`PATCH ${path}?attributes=members`, { Operations });
        const { members = [] } = answer as { members?: { value: string }[] };
        const meets = compileElementFilter(parseFilter(where, "Group"), definition);
        const isStill = (index: number): boolean => [...before, 0, 3].includes(index) && index !== 1;
        const expected = users.filter(
          (user, index) => isStill(index) && !meets({ value: user.id, display: user.displayName, type: "User" }),
        );
        await send(server, `DELETE ${path}`, { token: directory.token });
        expect(members.map((member) => member.value)).toEqual(expected.map((user) => user.id));
      }),
      { numRuns: 60 },
    );
  });
});
