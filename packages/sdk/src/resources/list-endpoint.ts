import type { Check } from "../contract/check.ts";
import { limitMax, limitMin, listCheck, type Order } from "../contract/list.ts";
import { ConfigError } from "../errors.ts";
import type { ApiCalls, CallOptions } from "../http/call.ts";
import { checkWhole } from "../http/limits.ts";
import type { ApiRequest } from "../http/message.ts";
import { createListing, type Listing, type Page } from "../http/paginate.ts";
import type { ApiPath } from "../http/path.ts";
import type { Query } from "../http/query.ts";

/** What every list takes. */
export interface PageOptions {
  /** Items per page, 1 to 100. Default 100; the service's own default is 10. */
  readonly limit?: number | undefined;
  /** By creation. Default `desc`, newest first. Always sent, because the service's default has changed before. */
  readonly order?: Order | undefined;
  /** Id of the object that the first page follows; with `normal`, that it precedes. */
  readonly after?: string | undefined;
  /** Id of the object that the first page precedes. The list is then walked towards its beginning. With `normal`, that it follows. */
  readonly before?: string | undefined;
}

/** A list endpoint and what the caller asked of it. */
export interface ListRequest<T> {
  readonly path: ApiPath;
  readonly item: Check<T>;
  /** As the caller gave them, page options among them. */
  readonly filters: PageOptions & Query;
  readonly options: CallOptions | undefined;
  /** Given each item before the caller gets it. */
  readonly each?: ((item: T) => T) | undefined;
  readonly rate?: ApiRequest["rate"];
}

/** The listing of a list endpoint whose pages carry `before` and `after`. */
export function listEndpoint<T>(calls: ApiCalls, request: ListRequest<T>): Listing<T> {
  const { path, options, each, rate } = request;
  const { order = "desc", after, before, limit = limitMax, ...filters } = request.filters;
  checkLimit(limit);
  if (after !== undefined && before !== undefined) throw bothGiven("before");
  const schema = listCheck(request.item);
  // Which cursor leads on. With `normal` it is the other one (contract of pagination).
  const way = before !== undefined || (after === undefined && order === "normal") ? "before" : "after";
  return createListing<T>({
    what: `GET ${path.path}`,
    read: async (cursor) => {
      const query = { ...filters, limit, order, [way]: cursor ?? before ?? after };
      const { data, list_metadata: metadata } = await calls.read(
        { method: "GET", ...path, query, rate },
        schema,
        options,
      );
      const items = each === undefined ? data : data.map(each);
      return { data: items, before: metadata.before ?? null, after: metadata.after ?? null };
    },
    next: (page: Page<T>) => page[way],
  });
}

/** @throws ConfigError for a limit the service would refuse or silently change. */
export function checkLimit(limit: number): number {
  return checkWhole(limit, "limit", { min: limitMin, max: limitMax });
}

/** That `after` and `where` cannot both say where a list begins. */
export function bothGiven(where: string): ConfigError {
  return new ConfigError(`after and ${where} were both given. Pass one of them.`, { where });
}
