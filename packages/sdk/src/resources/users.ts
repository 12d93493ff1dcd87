import { userCheck, type DirectoryUserWithGroups } from "../contract/user.ts";
import { ConfigError } from "../errors.ts";
import type { Schema } from "../http/answer.ts";
import type { ApiCalls, CallOptions } from "../http/call.ts";
import type { Listing } from "../http/paginate.ts";
import { path } from "../http/path.ts";
import { withCustom, type UserReadOptions, type UserWithCustom } from "./custom-attributes.ts";
import { listEndpoint, type PageOptions } from "./list-endpoint.ts";

/** Filters of the users list. */
export interface UserListOptions extends PageOptions {
  readonly directory?: string | undefined;
  /** Members of this group. */
  readonly group?: string | undefined;
  /** The provider's own id. Only together with `directory`. */
  readonly idp_id?: string | undefined;
  /** Only together with `directory`. */
  readonly email?: string | undefined;
}

/**
 * The people in directories. The service allows four reads of the list a second and directory; the client keeps to
 * that by itself where the service is the real one. Lists by `group` alone share one such pace, because nothing says
 * which directory a group is in: pass `directory` too.
 */
export class Users {
  readonly #calls: ApiCalls;

  constructor(calls: ApiCalls) {
    this.#calls = calls;
  }

  /**
   * Users that match every filter. The service wants `directory` or `group`.
   * @throws ConfigError for `idp_id` or `email` without `directory`.
   */
  list<Custom extends object>(
    filters: UserListOptions,
    options: UserReadOptions<Custom>,
  ): Listing<UserWithCustom<Custom>>;
  list<Custom extends object = Readonly<Record<string, unknown>>>(
    filters?: UserListOptions,
    options?: CallOptions,
  ): Listing<DirectoryUserWithGroups<Custom>>;
  list(filters: UserListOptions = {}, options?: MaybeChecked): Listing<DirectoryUserWithGroups> {
    refuseWithoutDirectory(filters);
    return listEndpoint(this.#calls, {
      path: path`/directory_users`,
      item: userCheck,
      filters: { ...filters },
      options,
      each: eachChecked(options),
      rate: { limit: "directory_users", key: filters.directory ?? "" },
    });
  }

  /** @throws ApiError 404 when there is none in this environment. */
  async get<Custom extends object>(id: string, options: UserReadOptions<Custom>): Promise<UserWithCustom<Custom>>;
  async get<Custom extends object = Readonly<Record<string, unknown>>>(
    id: string,
    options?: CallOptions,
  ): Promise<DirectoryUserWithGroups<Custom>>;
  async get(id: string, options?: MaybeChecked): Promise<DirectoryUserWithGroups> {
    const request = { method: "GET", ...path`/directory_users/${id}` } as const;
    const user = await this.#calls.read(request, userCheck, options);
    return eachChecked(options)?.(user) ?? user;
  }
}

interface MaybeChecked extends CallOptions {
  readonly customAttributes?: Schema<object> | undefined;
}

function eachChecked(options: MaybeChecked | undefined) {
  const schema = options?.customAttributes;
  return schema === undefined ? undefined : (user: DirectoryUserWithGroups) => withCustom(user, schema);
}

function refuseWithoutDirectory(filters: UserListOptions): void {
  if (filters.directory !== undefined) return;
  const where = (["idp_id", "email"] as const).find((name) => filters[name] !== undefined);
  if (where === undefined) return;
  throw new ConfigError(`${where} was given without directory. Pass the directory to look in.`, { where });
}
