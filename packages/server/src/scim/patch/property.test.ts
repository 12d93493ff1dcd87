import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interpret, isPrimary, onePrimary } from "../../fixtures/patch-interpreter.ts";
import type { Email, Meaning, Person, Simple } from "../../fixtures/patch-interpreter.ts";
import { profileOf } from "../../profiles/index.ts";
import { applyPatch, parsePatch } from "./patch.ts";

/*
 * PATCH against a second interpreter. Operations are generated as meanings, each with one of the spellings in which identity
 * providers send it.
 */

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const core = "urn:ietf:params:scim:schemas:core:2.0:User";

/** The person as SCIM has it. */
function resourceOf({ givenName, familyName, department, manager, emails, ...rest }: Person): object {
  const name = {
    ...(givenName === undefined ? {} : { givenName }),
    ...(familyName === undefined ? {} : { familyName }),
  };
  const extension = {
    ...(department === undefined ? {} : { department }),
    ...(manager === undefined ? {} : { manager: { value: manager } }),
  };
  return {
    userName: "ann@x.test",
    ...rest,
    ...(Object.keys(name).length === 0 ? {} : { name }),
    ...(emails.length === 0 ? {} : { emails }),
    ...(Object.keys(extension).length === 0 ? {} : { [enterprise]: extension }),
  };
}

const paths: Readonly<Record<Simple, readonly string[]>> = {
  title: ["title", "TITLE", `${core}:title`],
  givenName: ["name.givenName", "Name.GIVENNAME", `${core}:name.givenName`],
  familyName: ["name.familyName", `${core}:name.familyName`],
  department: [`${enterprise}:department`, `${enterprise.toUpperCase()}:Department`, `${enterprise}.department`],
  manager: [`${enterprise}:manager.value`, `${enterprise}:manager`],
};

const nested: Readonly<Record<Simple, (value: unknown) => object>> = {
  title: (value) => ({ title: value }),
  givenName: (value) => ({ name: { givenName: value } }),
  familyName: (value) => ({ name: { familyName: value } }),
  department: (value) => ({ [enterprise]: { department: value } }),
  manager: (value) => ({ [enterprise]: { manager: { value } } }),
};

/** The spellings of a meaning. */
function spellings(meaning: Meaning): readonly object[] {
  const writing = ["add", "Add", "replace", "Replace"];
  const removing = ["remove", "Remove"];
  const each = (ops: readonly string[], made: readonly object[]) =>
    made.flatMap((one) => ops.map((op) => ({ op, ...one })));
  switch (meaning.kind) {
    case "set": {
      const { name, value } = meaning;
      const named = paths[name].map((path) => ({ path, value }));
      return each(writing, [...named, { value: nested[name](value) }, { value: { [paths[name][0] ?? ""]: value } }]);
    }
    case "clear": {
      const named = paths[meaning.name].map((path) => ({ path }));
      return [
        ...each(removing, named),
        ...each(
          writing,
          named.map((one) => ({ ...one, value: "" })),
        ),
      ];
    }
    case "active": {
      const values = [meaning.value, meaning.value ? "True" : "False", [meaning.value], String(meaning.value)];
      return each(writing, [
        ...values.map((value) => ({ path: "active", value })),
        { value: { active: meaning.value } },
      ]);
    }
    case "clearActive":
      return each(removing, [{ path: "active" }]);
    case "clearName":
      return each(removing, [{ path: "name" }, { path: `${core}:name` }]);
    case "clearEmails":
      return [...each(removing, [{ path: "emails" }]), { op: "replace", path: "emails", value: [] }];
    case "addEmails":
      return each(["add", "Add"], [{ path: "emails", value: meaning.values }, { value: { emails: meaning.values } }]);
    case "replaceEmails":
      return each(
        ["replace", "Replace"],
        [{ path: "emails", value: meaning.values }, { value: { emails: meaning.values } }],
      );
    case "setEmail": {
      const path = `emails[type eq "${meaning.type}"].value`;
      return each(writing, [{ path, value: meaning.value }, { value: { [path]: meaning.value } }]);
    }
    case "primary":
      return each(writing, [{ path: `emails[type eq "${meaning.type}"].primary`, value: true }]);
    case "removeType":
      return each(removing, [
        { path: `emails[type eq "${meaning.type}"]` },
        { path: `emails[TYPE EQ "${meaning.type.toUpperCase()}"].value` },
      ]);
    case "removeValue":
      return each(removing, [
        { path: `emails[value eq "${meaning.value}"]` },
        { path: "emails", value: [{ value: meaning.value }] },
      ]);
    default:
      return meaning satisfies never;
  }
}

const text = fc.constantFrom("a", "B", "Ö x", "0");
const address = fc.constantFrom("a@x.test", "A@x.test", "b@x.test", "c@x.test");
const type = fc.constantFrom("work", "home");
const email: fc.Arbitrary<Email> = fc
  .record({
    value: address,
    type: fc.option(type, { nil: undefined }),
    primary: fc.option(fc.boolean(), { nil: undefined }),
  })
  .map((one) => JSON.parse(JSON.stringify(one)) as Email);
const simple = fc.constantFrom<Simple>("title", "department", "givenName", "familyName", "manager");
const meaning: fc.Arbitrary<Meaning> = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), name: simple, value: text }),
  fc.record({ kind: fc.constant("clear" as const), name: simple }),
  fc.record({ kind: fc.constant("active" as const), value: fc.boolean() }),
  fc.record({ kind: fc.constantFrom("clearActive" as const, "clearName" as const, "clearEmails" as const) }),
  fc.record({ kind: fc.constant("addEmails" as const), values: fc.array(email, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("replaceEmails" as const), values: fc.array(email, { minLength: 1, maxLength: 3 }) }),
  fc.record({ kind: fc.constant("setEmail" as const), type, value: address }),
  fc.record({ kind: fc.constantFrom("primary" as const, "removeType" as const), type }),
  fc.record({ kind: fc.constant("removeValue" as const), value: address }),
);
/** A meaning and one of its spellings. */
const operation = meaning.chain((meant) =>
  fc.record({ meant: fc.constant(meant), spelled: fc.constantFrom(...spellings(meant)) }),
);
const person: fc.Arbitrary<Person> = fc.record({
  emails: fc.array(email, { maxLength: 3 }).map((emails) => onePrimary(emails, emails.find(isPrimary))),
});

/** Types that a PATCH may be sent under: none changes what it means. */
const directoryType = fc.constantFrom("generic scim v2.0", "azure scim v2.0", "okta scim v2.0");

function patched(before: Person, operations: readonly object[], ofType: string): unknown {
  const body: unknown = JSON.parse(JSON.stringify({ Operations: operations }));
  const parsed = parsePatch("User", body, profileOf(ofType));
  return applyPatch(
    "User",
    JSON.parse(JSON.stringify(resourceOf(before))) as object as Record<string, unknown>,
    parsed,
  );
}

describe("a PATCH does what a second interpreter says", () => {
  test("whatever it means and however it is spelled", () => {
    fc.assert(
      fc.property(person, fc.array(operation, { maxLength: 8 }), directoryType, (before, operations, ofType) => {
        const after = operations.reduce((now, { meant }) => interpret(now, meant), before);
        const found = patched(
          before,
          operations.map(({ spelled }) => spelled),
          ofType,
        );
        expect(found).toEqual(resourceOf(after));
      }),
      { numRuns: 2000 },
    );
  });

  test("in one request as in several", () => {
    fc.assert(
      fc.property(person, fc.array(operation, { maxLength: 6 }), (before, operations) => {
        const spelled = operations.map((one) => one.spelled);
        const together = patched(before, spelled, "generic scim v2.0");
        const oneByOne = spelled.reduce<unknown>((now, one) => {
          const parsed = parsePatch("User", { Operations: [one] }, profileOf("generic scim v2.0"));
          return applyPatch("User", now as Record<string, unknown>, parsed);
        }, resourceOf(before));
        expect(together).toEqual(oneByOne);
      }),
      { numRuns: 500 },
    );
  });

  test("and the comparison notices an interpreter that is wrong", () => {
    const wrong = (now: Person, meant: Meaning): Person =>
      meant.kind === "addEmails" ? { ...now, emails: [...now.emails, ...meant.values] } : interpret(now, meant);
    expect(() => {
      fc.assert(
        fc.property(person, fc.array(operation, { maxLength: 8 }), (before, operations) => {
          const after = operations.reduce((now, { meant }) => wrong(now, meant), before);
          const found = patched(
            before,
            operations.map(({ spelled }) => spelled),
            "generic scim v2.0",
          );
          expect(found).toEqual(resourceOf(after));
        }),
        { numRuns: 2000 },
      );
    }).toThrow("Property failed");
  });
});
