import { organizationCheck, type Organization } from "../contract/organization.ts";
import type { ApiCalls, CallOptions, ChangeOptions } from "../http/call.ts";
import type { Listing } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import { listEndpoint, type PageOptions } from "./list-endpoint.ts";

/** Filters of the organizations list. */
export interface OrganizationListOptions extends PageOptions {
  /** Organizations that own any of these domains. */
  readonly domains?: readonly string[] | undefined;
  /** Part of an organization's name. */
  readonly search?: string | undefined;
}

/** What of an organization may be changed. A field that is left out stays as it is. */
export interface OrganizationChanges {
  readonly name?: string | undefined;
  /** All domains of the organization: those that are left out of the list are removed. */
  readonly domain_data?: readonly { readonly domain: string; readonly state: "pending" | "verified" }[] | undefined;
  /** @deprecated Pass `domain_data`. */
  readonly domains?: readonly string[] | undefined;
  /** @deprecated Superseded by domain policies. */
  readonly allow_profiles_outside_organization?: boolean | undefined;
  /**
   * At most 50 keys of 40 characters, with values of 600. Keys that are left out stay, null removes one, and `{}` removes
   * all.
   */
  readonly metadata?: Readonly<Record<string, string | null>> | null | undefined;
  /** The app's own id of this customer, unique, at most 128 ASCII characters. Null removes it. */
  readonly external_id?: string | null | undefined;
  /** Null removes it. */
  readonly stripe_customer_id?: string | null | undefined;
}

/** An organization to create. */
export interface OrganizationDraft extends Omit<OrganizationChanges, "stripe_customer_id" | "metadata"> {
  readonly name: string;
  /** At most 50 keys of 40 characters, with values of 600. */
  readonly metadata?: Readonly<Record<string, string>> | null | undefined;
}

/** The app's customers. Each owns any number of directories. */
export class Organizations {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  /** All organizations, or those that match every filter. */
  list(filters: OrganizationListOptions = {}, options?: CallOptions): Listing<Organization> {
    return listEndpoint(this.#calls, {
      path: path`/organizations`,
      item: organizationCheck,
      filters: { ...filters },
      options,
    });
  }

  /** @throws ApiError 404 when there is none in this environment. */
  async get(id: string, options?: CallOptions): Promise<Organization> {
    return this.#calls.read({ method: "GET", ...path`/organizations/${id}` }, organizationCheck, options);
  }

  /**
   * The organization that has this `external_id`.
   * @throws ApiError 404 when there is none in this environment.
   */
  async getByExternalId(externalId: string, options?: CallOptions): Promise<Organization> {
    const request = { method: "GET", ...path`/organizations/external_id/${externalId}` } as const;
    return this.#calls.read(request, organizationCheck, options);
  }

  /** @throws ApiError 409 for a domain that belongs to another one, 400 `external_id_already_used`, 422. */
  async create(draft: OrganizationDraft, options?: ChangeOptions): Promise<Organization> {
    const request = { method: "POST", ...path`/organizations`, body: draft } as const;
    return this.#calls.read(request, organizationCheck, options);
  }

  /** Changes what `changes` names. @throws ApiError 404, and those of `create`. */
  async update(id: string, changes: OrganizationChanges, options?: ChangeOptions): Promise<Organization> {
    const request = { method: "PUT", ...path`/organizations/${id}`, body: changes } as const;
    return this.#calls.read(request, organizationCheck, options);
  }

  /** Deletes an organization with its directories. The service may finish later. */
  async delete(id: string, options?: CallOptions): Promise<void> {
    const rate = { limit: "organization_delete", key: "" } as const;
    await this.#calls.run({ method: "DELETE", ...path`/organizations/${id}`, rate }, options);
  }
}
