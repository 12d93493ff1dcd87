import { limitMax, limitMin } from "@dirsync/sdk";
import type { List, Order } from "@dirsync/sdk";
import { badRequest, validationFailed } from "../http/problem.ts";
import type { Data, Window } from "../store/model.ts";
import type { ListedKind } from "../store/tables.ts";

/** The service's own default (contract of pagination). */
export const limitDefault = 10;

/** The orders of a list. */
export const orders = ["asc", "desc", "normal"] as const satisfies readonly Order[];

/** The paging parameters of a list request. */
export interface PageRequest {
  readonly limit: number;
  readonly order: Order;
  readonly after: string | null;
  readonly before: string | null;
}

/** What the pager needs of a row. */
interface Placed {
  readonly seq: number;
  readonly id: string;
}

/** A page of rows in the order to be shown, and what lies around it. */
export interface Page<Row extends Placed> {
  readonly rows: readonly Row[];
  readonly metadata: List<never>["list_metadata"];
}

/** Where an id stands or stood in the list; null for one that never was in it. */
type PlaceOf = (id: string) => Promise<number | null>;

/** Reads `limit`, `order`, `after` and `before`. @throws HttpProblem 422 */
export function parsePageRequest(query: URLSearchParams): PageRequest {
  return {
    limit: parseLimit(query.get("limit")),
    order: parseOrder(query.get("order")),
    after: query.get("after"),
    before: query.get("before"),
  };
}

/** Reads `limit`; 10 when absent. @throws HttpProblem 422 when it is no integer from 1 to 100 */
export function parseLimit(text: string | null): number {
  if (text === null) return limitDefault;
  const limit = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
  if (limit >= limitMin && limit <= limitMax) return limit;
  const message = `limit must be an integer from ${String(limitMin)} to ${String(limitMax)}.`;
  throw validationFailed([{ code: "out_of_range", field: "limit", message }]);
}

/** Reads `order`; `desc` when absent. @throws HttpProblem 422 */
export function parseOrder(text: string | null): Order {
  if (text === null) return "desc";
  const order = orders.find((name) => name === text);
  if (order !== undefined) return order;
  throw validationFailed([{ code: "invalid", field: "order", message: "order must be asc, desc or normal." }]);
}

/** Reads one page of a list of objects with a place of their own. @throws HttpProblem 400 `cursor_not_found` */
export function readPage<Row extends Placed>(
  data: Data,
  { kind, request }: { kind: ListedKind; request: PageRequest },
  read: (window: Window) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  return readPageAround(request, (id) => data.lists.placeOf(kind, id), read);
}

/**
 * Reads one page. `after` and `before` name objects of the list: the page holds what follows the one and precedes the
 * other, next to whichever is given. With `normal` the list is newest first and the two change their meaning (contract
 * of pagination). A cursor whose object has been deleted keeps its place.
 * @throws HttpProblem 400 `cursor_not_found`
 */
export async function readPageAround<Row extends Placed>(
  request: PageRequest,
  placeOf: PlaceOf,
  read: (window: Window) => Promise<readonly Row[]>,
): Promise<Page<Row>> {
  const isSwapped = request.order === "normal";
  const after = await placeOfCursor(placeOf, isSwapped ? request.before : request.after);
  const before = await placeOfCursor(placeOf, isSwapped ? request.after : request.before);
  const isAscending = request.order === "asc";
  // Towards the start of the list only when that is where the page has to touch its cursor.
  const isBackwards = before !== null && after === null;
  const found = await read({
    above: (isAscending ? after : before) ?? 0,
    below: (isAscending ? before : after) ?? Number.MAX_SAFE_INTEGER,
    direction: isAscending === isBackwards ? "desc" : "asc",
    // One more than asked for tells whether there is a next page.
    limit: request.limit + 1,
  });
  const hasMore = found.length > request.limit;
  const rows = found.slice(0, request.limit);
  if (isBackwards) rows.reverse();
  const hasEarlier = isBackwards ? hasMore : after !== null;
  const hasLater = isBackwards ? true : hasMore;
  const earlier = hasEarlier ? (rows.at(0)?.id ?? null) : null;
  const later = hasLater ? (rows.at(-1)?.id ?? null) : null;
  return { rows, metadata: isSwapped ? { before: later, after: earlier } : { before: earlier, after: later } };
}

/** The list envelope around objects that are JSON already. */
export function listBody(objects: readonly string[], metadata: List<never>["list_metadata"]): string {
  return `{"object":"list","data":[${objects.join(",")}],"list_metadata":${JSON.stringify(metadata)}}`;
}

async function placeOfCursor(placeOf: PlaceOf, cursor: string | null): Promise<number | null> {
  if (cursor === null) return null;
  const place = await placeOf(cursor);
  if (place !== null) return place;
  throw badRequest("cursor_not_found", "The cursor names no object of this list; start again without it.");
}
