import type { NewOrganization, OrganizationRow } from "./tables.ts";
import type { Window } from "./windows.ts";

/** Customers of the app. */
export interface Organizations {
  insert(row: NewOrganization): Promise<OrganizationRow>;
  find(id: string): Promise<OrganizationRow | undefined>;
  findBySeq(seq: number): Promise<OrganizationRow | undefined>;
  findByExternalId(externalId: string): Promise<OrganizationRow | undefined>;
  findByStripeCustomerId(customerId: string): Promise<OrganizationRow | undefined>;
  list(filter: OrganizationFilter, window: Window): Promise<OrganizationRow[]>;
  update(seq: number, changes: Partial<NewOrganization>): Promise<OrganizationRow>;
  /** Removes one that has no directories any more. It keeps its place in the list, and its events. */
  remove(organization: Pick<OrganizationRow, "id" | "seq">): Promise<void>;
}

/** Which organizations a list shows. All given conditions hold. */
export interface OrganizationFilter {
  /** Part of the name, in any letter case. */
  readonly nameContains?: string;
  /** In lower case; one of them is enough. */
  readonly domains?: readonly string[];
}
