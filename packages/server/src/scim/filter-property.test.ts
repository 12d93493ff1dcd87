import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matches, parseFilter } from "./filter.ts";

/*
 * Filters and resources are generated together with a second evaluator, written from the RFC's prose over the
 * generated tree rather than over parsed text. It knows nothing of paths, schemas or the parser.
 */

type Tree =
  | { readonly kind: "compare"; readonly attribute: Attribute; readonly operator: Operator; readonly value: string }
  | { readonly kind: "present"; readonly attribute: Attribute }
  | { readonly kind: "element"; readonly type: string; readonly operator: Operator; readonly value: string }
  | { readonly kind: "and" | "or"; readonly left: Tree; readonly right: Tree }
  | { readonly kind: "not"; readonly inner: Tree };

type Attribute = (typeof attributes)[number];
type Operator = (typeof operators)[number];

interface Person {
  readonly userName: string;
  readonly externalId?: string | undefined;
  readonly name: { readonly givenName?: string | undefined };
  readonly emails: readonly { readonly value: string; readonly type: string }[];
}

const attributes = ["userName", "externalId", "name.givenName", "emails", "emails.value"] as const;
const operators = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] as const;

const value = fc.string({ unit: fc.constantFrom("a", "b", "A", "B", " ", '"', "\\"), maxLength: 3 });
const leaf: fc.Arbitrary<Tree> = fc.oneof(
  fc.record({
    kind: fc.constant("compare" as const),
    attribute: fc.constantFrom(...attributes),
    operator: fc.constantFrom(...operators),
    value,
  }),
  fc.record({ kind: fc.constant("present" as const), attribute: fc.constantFrom(...attributes) }),
  fc.record({
    kind: fc.constant("element" as const),
    type: fc.constantFrom("work", "HOME"),
    operator: fc.constantFrom(...operators),
    value,
  }),
);
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthIdentifier: "filter" },
    leaf,
    fc.record({ kind: fc.constantFrom("and" as const, "or" as const), left: tie("tree"), right: tie("tree") }),
    fc.record({ kind: fc.constant("not" as const), inner: tie("tree") }),
  ),
}));
const assignedValue = value.filter((text) => text !== "");
const person: fc.Arbitrary<Person> = fc.record({
  userName: assignedValue,
  externalId: fc.option(assignedValue, { nil: undefined }),
  name: fc.record({ givenName: fc.option(assignedValue, { nil: undefined }) }),
  emails: fc.array(fc.record({ value: assignedValue, type: fc.constantFrom("work", "home") }), { maxLength: 3 }),
});

describe("a filter agrees with a brute-force evaluator", () => {
  test("for every generated filter and resource", () => {
    fc.assert(
      fc.property(tree, person, (filter, resource) => {
        expect(matches(parseFilter(textOf(filter)), { ...resource }, "User")).toBe(bruteForce(filter, resource));
      }),
      { numRuns: 2000 },
    );
  });

  test("and the comparison notices an evaluator that is wrong", () => {
    const wrong = (filter: Tree, resource: Person): boolean => bruteForce(filter, { ...resource, emails: [] });
    expect(() => {
      fc.assert(
        fc.property(tree, person, (filter, resource) => {
          expect(matches(parseFilter(textOf(filter)), { ...resource }, "User")).toBe(wrong(filter, resource));
        }),
        { numRuns: 2000 },
      );
    }).toThrow("Property failed");
  });
});

function textOf(filter: Tree): string {
  switch (filter.kind) {
    case "compare":
      return `${filter.attribute} ${filter.operator} ${JSON.stringify(filter.value)}`;
    case "present":
      return `${filter.attribute} pr`;
    case "element":
      return `emails[type eq "${filter.type}" and value ${filter.operator} ${JSON.stringify(filter.value)}]`;
    case "and":
    case "or":
      return `(${textOf(filter.left)}) ${filter.kind.toUpperCase()} (${textOf(filter.right)})`;
    case "not":
      return `not (${textOf(filter.inner)})`;
    default:
      return filter satisfies never;
  }
}

function bruteForce(filter: Tree, resource: Person): boolean {
  switch (filter.kind) {
    case "compare": {
      const exact = filter.attribute === "externalId";
      const values = valuesOf(filter.attribute, resource);
      if (filter.operator === "ne") return !values.some((one) => holds("eq", one, filter.value, exact));
      return values.some((one) => holds(filter.operator, one, filter.value, exact));
    }
    case "present":
      return valuesOf(filter.attribute, resource).length > 0;
    case "element":
      return resource.emails
        .filter((email) => email.type === filter.type.toLowerCase())
        .some((email) =>
          filter.operator === "ne"
            ? !holds("eq", email.value, filter.value, false)
            : holds(filter.operator, email.value, filter.value, false),
        );
    case "and":
      return bruteForce(filter.left, resource) && bruteForce(filter.right, resource);
    case "or":
      return bruteForce(filter.left, resource) || bruteForce(filter.right, resource);
    case "not":
      return !bruteForce(filter.inner, resource);
    default:
      return filter satisfies never;
  }
}

function valuesOf(attribute: Attribute, resource: Person): readonly string[] {
  switch (attribute) {
    case "userName":
      return [resource.userName];
    case "externalId":
      return resource.externalId === undefined ? [] : [resource.externalId];
    case "name.givenName":
      return resource.name.givenName === undefined ? [] : [resource.name.givenName];
    case "emails":
    case "emails.value":
      return resource.emails.map((email) => email.value);
    default:
      return attribute satisfies never;
  }
}

function holds(operator: Operator, left: string, right: string, exact: boolean): boolean {
  const [a, b] = exact ? [left, right] : [left.toLowerCase(), right.toLowerCase()];
  const order = { eq: a === b, gt: a > b, ge: a >= b, lt: a < b, le: a <= b };
  if (operator === "co") return a.includes(b);
  if (operator === "sw") return a.startsWith(b);
  if (operator === "ew") return a.endsWith(b);
  return operator === "ne" ? a !== b : order[operator];
}
