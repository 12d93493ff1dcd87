import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { profileOf } from "../profiles/index.ts";
import { matches, parseFilter } from "./filter/filter.ts";
import { applyPatch, memberOperations, parsePatch } from "./patch/patch.ts";
import { parseGroup, parseUser } from "./resource.ts";
import { ScimError } from "./error.ts";

/*
 * Nothing from outside may reach Object.prototype, and nothing may take long. The checks on the prototype compare it
 * with a copy taken before; the checks on time take the best of three runs in processor time, so that a busy machine fails nobody.
 */

const profile = profileOf("generic scim v2.0");
const user = {
  userName: "ann@x.test",
  name: { givenName: "Ann" },
  emails: [{ value: "ann@x.test", type: "work" }],
  "urn:acme:2.0:User": { badge: "7" },
};

/** Everything that hangs on Object.prototype and its neighbours, property by property. */
function prototypes(): readonly unknown[] {
  return [Object, Array, String, Function].flatMap(({ prototype }): readonly unknown[] =>
    Reflect.ownKeys(prototype).flatMap((key): readonly unknown[] => {
      const descriptor: Record<string, unknown> = { ...Object.getOwnPropertyDescriptor(prototype, key) };
      return [key, ...Object.values(descriptor)];
    }),
  );
}

/** True when two such pictures show the same objects, not merely similar ones. */
function isSame(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && before.every((part, index) => Object.is(part, after[index]));
}

/** Runs something that may refuse with a ScimError, and must not fail in any other way. */
function attempt<T>(action: () => T): T | ScimError {
  try {
    return action();
  } catch (error) {
    if (error instanceof ScimError) return error;
    throw error;
  }
}

function patchUser(operations: readonly unknown[]): object {
  return attempt(() => applyPatch("User", user, parsePatch("User", { Operations: operations }, profile)));
}

const inherited = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "__defineGetter__",
];

describe("names that every object inherits never reach a prototype", () => {
  const paths = inherited.flatMap((name) => [
    name,
    `${name}.polluted`,
    `name.${name}`,
    `${name}[type eq "x"].polluted`,
    `emails[type eq "work"].${name}`,
    `emails[${name} eq "work"].value`,
    `${name}.prototype.polluted`,
    `urn:acme:2.0:User:${name}`,
    `urn:acme:2.0:User:${name}.polluted`,
    `urn:ietf:params:scim:schemas:core:2.0:User:${name}.polluted`,
    `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:${name}`,
  ]);

  test.each(paths)("path %s is refused", (path) => {
    const before = prototypes();
    for (const op of ["add", "replace", "remove"]) {
      const result = patchUser([{ op, path, value: "yes" }]);
      expect(result).toBeInstanceOf(ScimError);
      expect(["invalidPath", "invalidFilter"]).toContain(result instanceof ScimError ? result.scimType : undefined);
    }
    expect(isSame(before, prototypes())).toBe(true);
  });

  test.each(inherited)("%s as a name in a body is dropped", (name) => {
    const before = prototypes();
    const text = `{"userName":"ann@x.test","${name}":{"polluted":"yes"},"name":{"givenName":"Ann","${name}":{"polluted":1}},
      "emails":[{"value":"a@x","${name}":{"polluted":1}}],"urn:acme:2.0:User":{"badge":"7","${name}":{"polluted":1}},
      "other":{"a":1,"${name}":{"polluted":1}}}`;
    const body: unknown = JSON.parse(text);
    expect(parseUser(body, profile)).toEqual({
      userName: "ann@x.test",
      name: { givenName: "Ann" },
      emails: [{ value: "a@x" }],
      "urn:acme:2.0:User": { badge: "7" },
      other: { a: 1 },
    });
    expect(patchUser([{ op: "add", value: body }])).not.toHaveProperty("polluted");
    expect(isSame(before, prototypes())).toBe(true);
  });

  test.each(inherited)("%s as a name with a dot, without a path, is refused", (name) => {
    expect(patchUser([{ op: "add", value: { [`${name}.polluted`]: 1 } }])).toMatchObject({ scimType: "invalidPath" });
  });

  test("whatever a PATCH holds, prototypes and the resource it began with stay the same", () => {
    const before = prototypes();
    const start = structuredClone(user);
    const word = fc.constantFrom(
      ...inherited,
      "name",
      "emails",
      "value",
      "urn:acme:2.0:User",
      "active",
      "members",
      "x",
    );
    const path = fc.oneof(
      word,
      fc.tuple(word, word).map(([outer, inner]) => `${outer}.${inner}`),
      fc.tuple(word, word).map(([outer, inner]) => `${outer}:${inner}`),
      fc.tuple(word, word, word).map(([outer, inner, sub]) => `${outer}[${inner} eq "work"].${sub}`),
      fc.string({ maxLength: 20 }),
    );
    const operation = fc.record(
      {
        op: fc.constantFrom("add", "Replace", "remove", "x"),
        path: fc.option(path, { nil: undefined }),
        value: fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.dictionary(path, fc.jsonValue({ maxDepth: 2 }))),
      },
      { requiredKeys: ["op"] },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 4 }), (operations) => {
        // Through text, because only JSON.parse makes `__proto__` a property of its own.
        const received = JSON.parse(JSON.stringify(operations)) as unknown[];
        patchUser(received);
        attempt(() => memberOperations(parsePatch("Group", { Operations: received }, profile)));
        attempt(() => parseUser(received[0], profile));
        attempt(() => parseGroup(received[0], profile));
        expect(user).toEqual(start);
        expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
      }),
      { numRuns: 1500 },
    );
    expect(isSame(before, prototypes())).toBe(true);
  });

  test("the comparison notices a prototype that changed", () => {
    const before = prototypes();
    Object.defineProperty(Object.prototype, "polluted", { value: "yes", configurable: true });
    try {
      expect(isSame(before, prototypes())).toBe(false);
    } finally {
      Reflect.deleteProperty(Object.prototype, "polluted");
    }
    expect(isSame(before, prototypes())).toBe(true);
  });
});

describe("no filter takes long, whatever it contains", () => {
  const repeated = (piece: string, bytes: number): string => piece.repeat(Math.ceil(bytes / piece.length));
  const pieces = [
    "(",
    "not ",
    "[",
    '"',
    "\\",
    '"\\',
    "a.",
    "urn:",
    "urn:a:",
    " and ",
    "x eq y and ",
    "emails[",
    '\\"',
    "\t",
    "é",
  ];

  test.each(pieces)("%s again and again", (piece) => {
    for (const bytes of [2000, 50_000]) {
      for (const text of [
        repeated(piece, bytes),
        `userName eq "${repeated(piece, bytes)}`,
        `x ${repeated(piece, bytes)} y`,
      ]) {
        expect(bestMilliseconds(() => attempt(() => matches(parseFilter(text), user, "User")))).toBeLessThan(50);
      }
    }
  });

  test("text over the limit is refused without being read", () => {
    const refused = attempt(() => parseFilter("(".repeat(5_000_000)));
    expect(refused).toMatchObject({
      scimType: "invalidFilter",
      message: "The filter is longer than 2048 bytes. Ask in several requests.",
    });
  });
});

describe("no PATCH takes long, whatever it contains", () => {
  const many = (count: number, value: unknown): unknown[] => Array.from({ length: count }, () => value);
  const wide = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`n${index}`, index]));
  const terms = Array.from({ length: 64 }, (_, index) => `value eq "${index}"`).join(" or ");
  const rich = { ...user, roles: Array.from({ length: 1000 }, (_, index) => ({ value: `r${index}` })), wide };
  const cases: readonly { title: string; operations: readonly unknown[] }[] = [
    {
      title: "a thousand filters over a thousand values",
      operations: many(1000, { op: "remove", path: `roles[${terms}]` }),
    },
    {
      title: "a thousand lists added to a list",
      operations: many(1000, { op: "add", path: "roles", value: [{ value: "x" }] }),
    },
    {
      title: "a thousand parts of a wide object",
      operations: many(1000, { op: "add", path: "wide.MISSING", value: 1 }),
    },
    { title: "as many unknown names as an object may have", operations: [{ op: "add", value: wide }] },
    {
      title: "a thousand parts of every value",
      operations: many(1000, { op: "replace", path: "roles.display", value: "x" }),
    },
    { title: "deep nesting", operations: [JSON.parse(`${'{"op":"add","value":'.repeat(40)}1${"}".repeat(40)}`)] },
  ];

  test.each(cases)("$title", ({ operations }) => {
    const run = (): unknown =>
      attempt(() => applyPatch("User", rich, parsePatch("User", { Operations: operations }, profile)));
    expect(bestMilliseconds(run)).toBeLessThan(150);
  });

  test("work over the budget is refused, and a thousand changes are the most", () => {
    const over = cases[0]?.operations ?? [];
    expect(attempt(() => applyPatch("User", rich, parsePatch("User", { Operations: over }, profile)))).toMatchObject({
      status: 413,
    });
    const set = { op: "add", path: "title", value: "x" };
    expect(attempt(() => parsePatch("User", { Operations: many(1000, set) }, profile))).toHaveLength(1000);
    expect(attempt(() => parsePatch("User", { Operations: many(1001, set) }, profile))).toMatchObject({ status: 413 });
    const taken = many(5, { op: "add", value: Object.fromEntries(Object.entries(wide).slice(0, 201)) });
    expect(attempt(() => parsePatch("User", { Operations: taken }, profile))).toMatchObject({ status: 413 });
    const long = { op: "remove", path: `roles[value eq "${"x".repeat(1000)}"]` };
    expect(attempt(() => parsePatch("User", { Operations: many(128, long) }, profile))).toHaveLength(128);
    expect(attempt(() => parsePatch("User", { Operations: many(130, long) }, profile))).toMatchObject({ status: 413 });
  });
});

/** Processor time, because what else the machine does is no fault of ours. */
function bestMilliseconds(action: () => unknown): number {
  const times = [1, 2, 3].map(() => {
    const started = process.cpuUsage();
    action();
    const { user: inCode, system } = process.cpuUsage(started);
    return (inCode + system) / 1000;
  });
  return Math.min(...times);
}
