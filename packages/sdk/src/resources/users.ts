import { userCheck, type DirectoryUserWithGroups } from "../contract/user.ts";
import type { ApiCalls, CallOptions } from "../http/call.ts";
import type { Listing } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import { listEndpoint, type PageOptions } from "./list-endpoint.ts";

/** Filters of the users list. */
export interface UserListOptions extends PageOptions {
  readonly directory?: string | undefined;
  /** Members of this group. */
  readonly group?: string | undefined;
  /** The provider's own id. The service wants `directory` with it. */
  readonly idp_id?: string | undefined;
  /** The service wants `directory` with it. */
  readonly email?: string | undefined;
}

/** The people in directories. */
export class Users {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  /** Users that match every filter. The service wants `directory` or `group`. */
  list(filters: UserListOptions = {}, options?: CallOptions): Listing<DirectoryUserWithGroups> {
    const { limit, order, after, before, ...rest } = filters;
    return listEndpoint(this.#calls, {
      path: path`/directory_users`,
      item: userCheck,
      filters: { ...rest },
      page: { limit, order, after, before },
      options,
    });
  }

  /** @throws ApiError 404 when there is none in this environment. */
  async get(id: string, options?: CallOptions): Promise<DirectoryUserWithGroups> {
    const request = { method: "GET", path: path`/directory_users/${id}` } as const;
    return this.#calls.read(request, userCheck, options);
  }
}
