import * as z from "zod";
import { badRequest } from "../http/problem.ts";
import type { StoredDomain } from "../store/tables.ts";

// The longest name DNS has (RFC 1035 section 2.3.4). Letter case means nothing in one.
const domainSchema = z.string().trim().toLowerCase().min(1).max(253);

// More than any customer owns; it bounds what an answer holds.
const domainsMax = 1_000;

const metadataKeysMax = 50;
const metadataKey = z.string().max(40);
const metadataValue = z.string().max(600);

function holdsFewKeys(metadata: object): boolean {
  return Object.keys(metadata).length <= metadataKeysMax;
}

/** Body of `POST /organizations`, with the bounds of the contract of organizations. */
export const organizationDraft = z.looseObject({
  name: z.string().trim().min(1).max(512),
  external_id: z
    .string()
    .min(1)
    .max(128)
    .regex(/^\p{ASCII}*$/u, "ASCII characters only")
    .nullish(),
  metadata: z
    .record(metadataKey, metadataValue)
    .refine(holdsFewKeys, `at most ${String(metadataKeysMax)} keys`)
    .nullish(),
  domain_data: z
    .array(z.looseObject({ domain: domainSchema, state: z.enum(["pending", "verified"]) }))
    .max(domainsMax)
    .nullish(),
  domains: z.array(domainSchema).max(domainsMax).nullish(),
  allow_profiles_outside_organization: z.boolean().nullish(),
});

/** Body of `PUT /organizations/:id`: what is absent stays as it is. */
export const organizationChanges = organizationDraft.partial().extend({
  stripe_customer_id: z.string().min(1).max(255).nullish(),
  metadata: z.record(metadataKey, metadataValue.nullable()).nullish(),
});

type Domain = Omit<StoredDomain, "id">;

/** Each domain once, as it is named first: `domains` is the deprecated form of `domain_data` and says no state. */
export function domainsOf(body: Pick<z.infer<typeof organizationDraft>, "domain_data" | "domains">): Domain[] {
  const domains = new Map<string, Domain>();
  const stated = (body.domain_data ?? []).map(({ domain, state }) => ({ domain, state }));
  for (const one of [...stated, ...(body.domains ?? []).map((domain) => ({ domain }))]) {
    if (!domains.has(one.domain)) domains.set(one.domain, one);
  }
  return [...domains.values()];
}

type Metadata = Readonly<Record<string, string>>;

/**
 * Metadata after a change (https://workos.com/docs/authkit/metadata, seen 2026-02): keys that are not named stay, null takes
 * one out, and no keys at all take out every one.
 * @throws HttpProblem 400 `invalid_metadata` for more keys than there may be
 */
export function changedMetadata(metadata: Metadata, changes: Readonly<Record<string, string | null>> | null): Metadata {
  if (changes === null || Object.keys(changes).length === 0) return {};
  const changed = Object.entries({ ...metadata, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  if (changed.length > metadataKeysMax) {
    throw badRequest("invalid_metadata", `Metadata has at most ${String(metadataKeysMax)} keys; set others to null.`);
  }
  return Object.fromEntries(changed);
}
