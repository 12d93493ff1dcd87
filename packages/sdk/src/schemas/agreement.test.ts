import fc from "fast-check";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { z } from "zod";
import type { Check } from "../contract/check.ts";
import { createdDirectoryCheck, directoryCheck, type CreatedDirectory, type Directory } from "../contract/directory.ts";
import type { EventContext } from "../contract/envelope.ts";
import type { EventData, EventName } from "../contract/events.ts";
import { groupCheck, type DirectoryGroup } from "../contract/group.ts";
import { listCheck } from "../contract/list.ts";
import { organizationCheck, type Organization } from "../contract/organization.ts";
import { portalLinkCheck, type PortalLink } from "../contract/portal.ts";
import type { Problem } from "../contract/problem.ts";
import { userCheck, type DirectoryUserWithGroups, type PredefinedAttributes } from "../contract/user.ts";
import { webhookEndpointCheck, type WebhookEndpoint } from "../contract/webhook-endpoint.ts";
import {
  createdDirectorySchema,
  directoryGroupSchema,
  directorySchema,
  directoryUserWithGroupsSchema,
  type eventContextSchema,
  type eventDataSchemas,
  listOf,
  organizationSchema,
  portalLinkSchema,
  type predefinedAttributesSchema,
  type problemSchema,
  webhookEndpointSchema,
} from "./index.ts";

/** Without `readonly`, which says who may write and not what is there. */
type Plain<T> = T extends readonly (infer Item)[]
  ? Plain<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Plain<T[K]> }
    : T;

describe("the types of the wire are what the schemas infer", () => {
  test("objects", () => {
    expectTypeOf<Plain<Directory>>().toEqualTypeOf<Plain<z.infer<typeof directorySchema>>>();
    expectTypeOf<Plain<CreatedDirectory>>().toEqualTypeOf<Plain<z.infer<typeof createdDirectorySchema>>>();
    expectTypeOf<Plain<DirectoryUserWithGroups>>().toEqualTypeOf<
      Plain<z.infer<typeof directoryUserWithGroupsSchema>>
    >();
    expectTypeOf<Plain<DirectoryGroup>>().toEqualTypeOf<Plain<z.infer<typeof directoryGroupSchema>>>();
    expectTypeOf<Plain<Organization>>().toEqualTypeOf<Plain<z.infer<typeof organizationSchema>>>();
    expectTypeOf<Plain<WebhookEndpoint>>().toEqualTypeOf<Plain<z.infer<typeof webhookEndpointSchema>>>();
    expectTypeOf<Plain<PortalLink>>().toEqualTypeOf<Plain<z.infer<typeof portalLinkSchema>>>();
    expectTypeOf<Plain<EventContext>>().toEqualTypeOf<Plain<z.infer<typeof eventContextSchema>>>();
    expectTypeOf<Plain<PredefinedAttributes>>().toEqualTypeOf<Plain<z.infer<typeof predefinedAttributesSchema>>>();
    expectTypeOf<Plain<Problem>>().toEqualTypeOf<Plain<z.infer<typeof problemSchema>>>();
  });

  test("the data of every event", () => {
    type Written = { [N in EventName]: Plain<EventData<N>> };
    type Inferred = { [N in EventName]: Plain<z.infer<(typeof eventDataSchemas)[N]>> };
    expectTypeOf<Written>().toEqualTypeOf<Inferred>();
  });

  test("(control) a field more or a null less is noticed", () => {
    expectTypeOf<Plain<Directory & { more: string }>>().not.toEqualTypeOf<Plain<z.infer<typeof directorySchema>>>();
    expectTypeOf<{ email?: string }>().not.toEqualTypeOf<{ email?: string | null }>();
  });
});

const subjects: readonly (readonly [name: string, Pick<Check<unknown>, "safeParse">, z.ZodType, sample: object])[] = [
  ["a directory", directoryCheck, directorySchema, sampleDirectory()],
  [
    "a created directory",
    createdDirectoryCheck,
    createdDirectorySchema,
    { ...sampleDirectory(), scim: { base_url: "u", bearer_token: "t" } },
  ],
  ["a user", userCheck, directoryUserWithGroupsSchema, sampleUser()],
  ["a group", groupCheck, directoryGroupSchema, sampleGroup()],
  ["an organization", organizationCheck, organizationSchema, sampleOrganization()],
  ["a webhook endpoint", webhookEndpointCheck, webhookEndpointSchema, sampleEndpoint()],
  ["a portal link", portalLinkCheck, portalLinkSchema, { link: "https://setup.example" }],
  [
    "a page of users",
    listCheck(userCheck),
    listOf(directoryUserWithGroupsSchema),
    { object: "list", data: [sampleUser()], list_metadata: { before: null, after: "u" } },
  ],
];

describe("the client's checks and the schemas accept the same values", () => {
  test.each(subjects)("%s with all its fields", (_name, { safeParse }, schema, sample) => {
    expect(safeParse(sample)).toEqual({ success: true, data: sample });
    expect(schema.safeParse(sample).success).toBe(true);
  });

  test.each(subjects)("%s with anything in any place, and name the same places", (_name, subject, schema, sample) => {
    fc.assert(
      fc.property(spoilt(sample), (value) => {
        expect(placesOf(subject.safeParse(value))).toEqual(placesOf(schema.safeParse(value)));
      }),
      { numRuns: 1_000 },
    );
  });

  test("a user in a list, which is checked by a shorter way, with anything in any place", () => {
    const { accepts, safeParse } = userCheck;
    for (const place of places(sampleUser())) {
      for (const odd of oddValues) {
        const value = replaced(sampleUser(), place, odd);
        expect([place, odd, accepts(value)]).toEqual([place, odd, safeParse(value).success]);
      }
    }
  });

  test("and keep what they do not know", () => {
    const later = { ...sampleUser(), later: { added: [1] } };
    expect(userCheck.safeParse(later)).toEqual({ success: true, data: later });
    expect(directoryUserWithGroupsSchema.parse(later)).toEqual(later);
  });
});

type Outcome =
  | { readonly success: true }
  | { readonly success: false; readonly error: { issues: readonly { readonly path: readonly PropertyKey[] }[] } };

function placesOf(outcome: Outcome): readonly string[] {
  if (outcome.success) return [];
  return outcome.error.issues.map(({ path }) => path.map(String).join(".")).sort();
}

const oddValues: readonly unknown[] = [undefined, null, "", "x", 0, true, [], {}, [null], [{}], { a: 1 }, "list"];

/** The sample with one of its values, however deep, gone or replaced. */
function spoilt(sample: object): fc.Arbitrary<unknown> {
  const odd = fc.constantFrom(...oddValues);
  return fc.tuple(fc.constantFrom(...places(sample)), odd).map(([place, value]) => replaced(sample, place, value));
}

function places(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, inner]) => places(inner).map((rest) => [key, ...rest]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

function sampleDirectory(): object {
  return {
    object: "directory",
    id: "directory_1",
    organization_id: "org_1",
    external_key: "key",
    type: "okta scim v2.0",
    state: "linked",
    name: "Acme",
    domain: null,
    metadata: { users: { active: 2, inactive: 1 }, groups: 3 },
    ...stamps(),
  };
}

function sampleUser(): object {
  return {
    object: "directory_user",
    id: "directory_user_1",
    directory_id: "directory_1",
    organization_id: "org_1",
    idp_id: "2836",
    email: "ada@example.com",
    first_name: "Ada",
    last_name: null,
    name: "Ada",
    emails: [{ primary: true, type: "work", value: null }],
    job_title: null,
    username: "ada",
    state: "active",
    raw_attributes: {},
    custom_attributes: { department: "Engineering" },
    role: { slug: "admin" },
    roles: [{ slug: "admin" }],
    groups: [sampleGroup()],
    ...stamps(),
  };
}

function sampleGroup(): object {
  return {
    object: "directory_group",
    id: "directory_group_1",
    idp_id: "02g",
    directory_id: "directory_1",
    organization_id: null,
    name: "Staff",
    raw_attributes: { key: {} },
    ...stamps(),
  };
}

function sampleOrganization(): object {
  return {
    object: "organization",
    id: "org_1",
    name: "Acme",
    domains: [
      {
        object: "organization_domain",
        id: "org_domain_1",
        organization_id: "org_1",
        domain: "acme.example",
        state: "verified",
        verification_strategy: "dns",
        verification_prefix: "p",
        verification_token: "t",
        ...stamps(),
      },
    ],
    external_id: null,
    stripe_customer_id: "cus_1",
    metadata: { tier: "diamond" },
    allow_profiles_outside_organization: false,
    ...stamps(),
  };
}

function sampleEndpoint(): object {
  return {
    object: "webhook_endpoint",
    id: "we_1",
    endpoint_url: "https://example.com/webhooks",
    secret: "whsec_1",
    status: "enabled",
    events: ["dsync.user.created"],
    ...stamps(),
  };
}

function stamps(): object {
  return { created_at: "2026-01-15T12:00:00.000Z", updated_at: "2026-01-15T12:00:00.000Z" };
}
