import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lookupOf, matches, parseFilter } from "./filter.ts";
import type { Lookup } from "./filter.ts";

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
/** Equality more often than the others, because only it is looked up. */
const operator = fc.constantFrom<Operator>("eq", "eq", "eq", "eq", ...operators);
const leaf: fc.Arbitrary<Tree> = fc.oneof(
  fc.record({
    kind: fc.constant("compare" as const),
    attribute: fc.constantFrom(...attributes),
    operator,
    value,
  }),
  fc.record({ kind: fc.constant("present" as const), attribute: fc.constantFrom(...attributes) }),
  fc.record({
    kind: fc.constant("element" as const),
    type: fc.constantFrom("work", "HOME"),
    operator,
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

  test("for every filter without the parentheses that it does not need: and binds before or", () => {
    fc.assert(
      fc.property(tree, person, (filter, resource) => {
        expect(matches(parseFilter(bareTextOf(filter)), { ...resource }, "User")).toBe(bruteForce(filter, resource));
      }),
      { numRuns: 2000 },
    );
  });

  test("an index that answers a filter has everybody who meets it, and where it needs no match nobody else", () => {
    let answered = 0;
    fc.assert(
      fc.property(tree, person, (filter, resource) => {
        const lookup = lookupOf(parseFilter(textOf(filter)), "User");
        if (lookup === null) return;
        answered += 1;
        const isFound = isIndexed(lookup, resource);
        const isMatch = bruteForce(filter, resource);
        expect(isMatch && !isFound).toBe(false);
        if (!lookup.needsMatch) expect(isFound).toBe(isMatch);
      }),
      { numRuns: 4000 },
    );
    expect(answered).toBeGreaterThan(50);
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

/** With parentheses only around what would be read otherwise. */
function bareTextOf(filter: Tree): string {
  if (filter.kind !== "and" && filter.kind !== "or") {
    return filter.kind === "not" ? `not (${bareTextOf(filter.inner)})` : textOf(filter);
  }
  const side = (inner: Tree): string =>
    filter.kind === "and" && inner.kind === "or" ? `(${bareTextOf(inner)})` : bareTextOf(inner);
  return `${side(filter.left)} ${filter.kind} ${side(filter.right)}`;
}

/** Whether an index finds the person under what a filter looks up. */
function isIndexed({ attribute, value: looked }: Lookup, resource: Person): boolean {
  const folded = looked.toLowerCase();
  switch (attribute) {
    case "userName":
      return resource.userName.toLowerCase() === folded;
    case "externalId":
      return resource.externalId === looked;
    case "emails.value":
      return resource.emails.some((email) => email.value.toLowerCase() === folded);
    default:
      throw new TypeError(`No filter of this test asks for ${attribute}.`);
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
