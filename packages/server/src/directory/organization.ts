import type { Ids } from "../ids.ts";
import type { Data } from "../store/model.ts";
import type { NewOrganization, OrganizationRow, StoredDomain } from "../store/tables.ts";
import { wholeList } from "../store/windows.ts";
import { domainsIn, removeDirectory } from "./directory.ts";
import type { Directories } from "./directory.ts";

/** What of an organization is to be changed. Undefined leaves a thing as it is, null takes it out. */
export interface OrganizationChanges {
  readonly name?: string | undefined;
  readonly externalId?: string | null | undefined;
  readonly stripeCustomerId?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** All of them: those that are left out are taken out. */
  readonly domains?: readonly Omit<StoredDomain, "id">[] | undefined;
  readonly allowsOutsiders?: boolean | undefined;
}

/** Changes an organization inside a write. The log does not speak of organizations. */
export async function changeOrganization(
  data: Data,
  ids: Ids,
  { organization, changes }: { readonly organization: OrganizationRow; readonly changes: OrganizationChanges },
): Promise<OrganizationRow> {
  const { name, externalId, stripeCustomerId, metadata, domains, allowsOutsiders } = changes;
  const parts: Partial<NewOrganization> = {
    ...(name === undefined ? {} : { name }),
    ...(externalId === undefined ? {} : { external_id: externalId }),
    ...(stripeCustomerId === undefined ? {} : { stripe_customer_id: stripeCustomerId }),
    ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
    ...(domains === undefined ? {} : { domains: JSON.stringify(changedDomains(ids, organization, domains)) }),
    ...(allowsOutsiders === undefined ? {} : { allow_profiles_outside_organization: Number(allowsOutsiders) }),
  };
  const isChanged = Object.entries(parts).some(
    ([column, value]) => organization[column as keyof OrganizationRow] !== value,
  );
  if (!isChanged) return organization;
  return await data.organizations.update(organization.seq, {
    ...parts,
    updated_at: new Date(ids.nowMs()).toISOString(),
  });
}

/** A domain that stays keeps its id, and its state where none is said. */
function changedDomains(
  ids: Ids,
  organization: OrganizationRow,
  domains: readonly Omit<StoredDomain, "id">[],
): readonly StoredDomain[] {
  const known = new Map(domainsIn(organization).map((each) => [each.domain, each]));
  return domains.map((each) => ({ ...(known.get(each.domain) ?? { id: ids.next("org_domain_") }), ...each }));
}

// Each is removed in many small steps, so that this bounds nothing but what is held.
const directoriesPerRead = 100;

/**
 * Removes an organization with its directories and all they hold, in one change; each directory that the log has spoken of
 * says `dsync.deleted`. False when there is no such organization.
 */
export async function deleteOrganization({ store, ids }: Directories, id: string): Promise<boolean> {
  return await store.write(async (data) => {
    const organization = await data.organizations.find(id);
    if (organization === undefined) return false;
    const next = () => data.directories.list({ organizationSeq: organization.seq }, wholeList(directoriesPerRead));
    for (let found = await next(); found.length > 0; found = await next()) {
      for (const directory of found) await removeDirectory(data, ids, directory);
    }
    await data.organizations.remove(organization);
    return true;
  });
}
