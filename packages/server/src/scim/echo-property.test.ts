import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { profileOf } from "../profiles/index.ts";
import { applyPatch, parsePatch } from "./patch/patch.ts";
import { parseReplacement, parseUser } from "./resource.ts";
import type { ScimResource } from "./resource.ts";
import { defaultSettings, policyOf } from "./settings.ts";
import { ScimError } from "./error.ts";

/*
 * What a client reads it may send back, whole or in parts, and nothing changes: Okta and others update by reading, changing and
 * putting back. So whatever a directory has taken, in whatever form, reads in a form that is taken as it is, by strict ones too.
 */

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const profile = profileOf("generic scim v2.0");
const strict = { ...defaultSettings, policy: policyOf({ mode: "strict" }) };

const scalar = fc.constantFrom<unknown>(
  "a",
  "",
  " ",
  "True",
  true,
  false,
  null,
  0,
  1.5,
  ["a"],
  ["a", "b"],
  [],
  {},
  {
    value: "v",
  },
);
const any = fc.oneof(scalar, fc.constantFrom<unknown>([{ value: "v" }], { a: { b: [1, null, ""] } }, "urn:x:y"));
const element = fc.oneof(
  fc.record(
    {
      value: fc.constantFrom("a@x.test", "A@x.test", "b@x.test", ""),
      type: fc.constantFrom("work", "home", "Work"),
      primary: fc.constantFrom<unknown>(true, false, "True"),
      display: any,
      more: any,
    },
    { requiredKeys: [] },
  ),
  fc.constant("c@x.test"),
);
const list = fc.oneof(fc.array(element, { maxLength: 4 }), any);
const extension = fc.oneof(fc.record({ badge: any, desk: fc.record({ floor: any }) }, { requiredKeys: [] }), any);

/** What may stand under a name, in a body or in the value of a PATCH without a path. */
const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  title: any,
  active: any,
  externalId: any,
  name: fc.oneof(fc.record({ givenName: any, familyName: any, odd: any }, { requiredKeys: [] }), any),
  emails: list,
  roles: list,
  photos: list,
  x509Certificates: list,
  addresses: fc.oneof(fc.array(fc.record({ type: any, formatted: any, primary: any }), { maxLength: 2 }), any),
  custom: any,
  [enterprise]: fc.oneof(fc.record({ department: any, manager: any, odd: any }, { requiredKeys: [] }), any),
  [`${enterprise}:manager`]: any,
  [`${enterprise}:department`]: any,
  "name.givenName": any,
  "urn:acme:2.0:User": extension,
  "urn:acme:2.0:User:badge": any,
  "urn:acme:thing": extension,
  meta: any,
  groups: any,
};

const body = fc.record(values, { requiredKeys: [] });
const paths = [
  ...Object.keys(values),
  'emails[type eq "work"].value',
  'emails[type eq "home"]',
  'emails[value eq "a@x.test"].primary',
  'roles[primary eq "True"].value',
  'addresses[type eq "work"].formatted',
  'custom[a eq "b"].c',
  "emails.primary",
  `${enterprise}:manager.value`,
  "urn:acme:2.0:User:desk.floor",
];
const operation = fc.oneof(
  fc.record({ op: fc.constantFrom("add", "Replace"), value: body }),
  fc.record(
    { op: fc.constantFrom("add", "Replace", "remove"), path: fc.constantFrom(...paths), value: fc.oneof(any, list) },
    { requiredKeys: ["op", "path"] },
  ),
);

/** What is left of a user after a POST and some PATCHes; those that are refused do nothing. */
function stored(first: object, patches: readonly object[]): ScimResource {
  const posted = unlessRefused(() => parseUser({ userName: "ann@x.test", ...first }, profile));
  let resource = posted ?? { userName: "ann@x.test" };
  for (const one of patches) {
    resource = unlessRefused(() => patched(resource, one)) ?? resource;
  }
  return throughJson(resource);
}

function patched(resource: ScimResource, one: object): ScimResource {
  return throughJson(applyPatch("User", resource, parsePatch("User", throughJson({ Operations: [one] }), profile)));
}

function unlessRefused<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof ScimError) return null;
    throw error;
  }
}

function throughJson<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

const history = fc.tuple(body, fc.array(operation, { maxLength: 4 }));

describe("what is read and sent back changes nothing", () => {
  test.each([
    ["as a PUT", (user: ScimResource) => parseReplacement(user, profile, defaultSettings)],
    ["as a PUT to a strict directory", (user: ScimResource) => parseReplacement(user, profile, strict)],
    ["as a replace without a path", (user: ScimResource) => patched(user, { op: "replace", value: user })],
    ["as an add without a path", (user: ScimResource) => patched(user, { op: "add", value: user })],
  ])("%s", (_name, again) => {
    fc.assert(
      fc.property(history, ([first, patches]) => {
        const user = stored(first, patches);
        expect(throughJson(again(user))).toEqual(user);
      }),
      { numRuns: 1000 },
    );
  });

  test("and the comparison notices what does not stay as it is", () => {
    expect(() => {
      fc.assert(
        fc.property(history, ([first, patches]) => {
          const user = stored(first, patches);
          expect(patched(user, { op: "remove", path: "emails" })).toEqual(user);
        }),
        { numRuns: 1000 },
      );
    }).toThrow("Property failed");
  });
});
