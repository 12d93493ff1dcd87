import { groupCheck, type DirectoryGroup } from "../contract/group.ts";
import type { ApiCalls, CallOptions } from "../http/call.ts";
import type { Listing } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import { listEndpoint, type PageOptions } from "./list-endpoint.ts";

/** Filters of the groups list. */
export interface GroupListOptions extends PageOptions {
  readonly directory?: string | undefined;
  /** Groups this user is a member of. */
  readonly user?: string | undefined;
}

/** The groups in directories. Their members are the users list with `group`. */
export class Groups {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  /** Groups that match every filter. The service wants `directory` or `user`. */
  list(filters: GroupListOptions = {}, options?: CallOptions): Listing<DirectoryGroup> {
    return listEndpoint(this.#calls, {
      path: path`/directory_groups`,
      item: groupCheck,
      filters: { ...filters },
      options,
    });
  }

  /** @throws ApiError 404 when there is none in this environment. */
  async get(id: string, options?: CallOptions): Promise<DirectoryGroup> {
    return this.#calls.read({ method: "GET", ...path`/directory_groups/${id}` }, groupCheck, options);
  }
}
