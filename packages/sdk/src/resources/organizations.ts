import { organizationCheck, type Organization } from "../contract/organization.ts";
import type { ApiCalls, CallOptions } from "../http/call.ts";
import type { Listing } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import { listEndpoint, type PageOptions } from "./list-endpoint.ts";

/** Filters of the organizations list. */
export interface OrganizationListOptions extends PageOptions {
  /** Part of an organization's name. */
  readonly search?: string | undefined;
}

/** An organization to create. */
export interface OrganizationDraft {
  readonly name: string;
}

/** The app's customers. Each owns any number of directories. */
export class Organizations {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  list(filters: OrganizationListOptions = {}, options?: CallOptions): Listing<Organization> {
    const { limit, order, after, before, ...rest } = filters;
    return listEndpoint(this.#calls, {
      path: path`/organizations`,
      item: organizationCheck,
      filters: { ...rest },
      page: { limit, order, after, before },
      options,
    });
  }

  /** @throws ApiError 404 when there is none in this environment. */
  async get(id: string, options?: CallOptions): Promise<Organization> {
    return this.#calls.read({ method: "GET", path: path`/organizations/${id}` }, organizationCheck, options);
  }

  async create(draft: OrganizationDraft, options?: CallOptions): Promise<Organization> {
    const request = { method: "POST", path: path`/organizations`, body: draft } as const;
    return this.#calls.read(request, organizationCheck, options);
  }
}
