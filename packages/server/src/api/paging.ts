import { limitMax, limitMin } from "@dirsync/sdk";
import type { List, Order } from "@dirsync/sdk";
import { badRequest, validationFailed } from "../http/problem.ts";
import type { BodyPage, Data, ShownWindow, Window } from "../store/model.ts";
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

/** Reads one page of a list that SQLite puts together. @throws HttpProblem 400 `cursor_not_found` */
export async function readBodies(
  data: Data,
  { kind, request }: { kind: ListedKind; request: PageRequest },
  read: (window: ShownWindow) => Promise<BodyPage>,
): Promise<{ readonly body: Uint8Array; readonly metadata: List<never>["list_metadata"] }> {
  const around = await surroundingsOf(request, (id) => data.lists.placeOf(kind, id));
  const page = await read({ ...around.window, shown: request.order === "asc" ? "asc" : "desc", limit: request.limit });
  return { body: page.body, metadata: metadataOf(around, page) };
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
  const around = await surroundingsOf(request, placeOf);
  // One more than asked for tells whether there is a next page.
  const found = await read({ ...around.window, limit: request.limit + 1 });
  const rows = found.slice(0, request.limit);
  if (around.isBackwards) rows.reverse();
  const [firstId, lastId] = [rows.at(0)?.id ?? null, rows.at(-1)?.id ?? null];
  return { rows, metadata: metadataOf(around, { firstId, lastId, hasMore: found.length > request.limit }) };
}

/** Where a page lies in its list. */
interface Surroundings {
  readonly window: Omit<Window, "limit">;
  /** True when the page touches the cursor behind it, and so is read towards the start of the list. */
  readonly isBackwards: boolean;
  readonly isBehindCursor: boolean;
  /** True when `after` and `before` have changed their meaning. */
  readonly isSwapped: boolean;
}

async function surroundingsOf(request: PageRequest, placeOf: PlaceOf): Promise<Surroundings> {
  const isSwapped = request.order === "normal";
  const after = await placeOfCursor(placeOf, isSwapped ? request.before : request.after);
  const before = await placeOfCursor(placeOf, isSwapped ? request.after : request.before);
  const isAscending = request.order === "asc";
  // Towards the start of the list only when that is where the page has to touch its cursor.
  const isBackwards = before !== null && after === null;
  const window = {
    above: (isAscending ? after : before) ?? 0,
    below: (isAscending ? before : after) ?? Number.MAX_SAFE_INTEGER,
    direction: isAscending === isBackwards ? "desc" : "asc",
  } as const;
  return { window, isBackwards, isBehindCursor: after !== null, isSwapped };
}

function metadataOf(
  { isBackwards, isBehindCursor, isSwapped }: Surroundings,
  { firstId, lastId, hasMore }: Pick<BodyPage, "firstId" | "lastId" | "hasMore">,
): List<never>["list_metadata"] {
  const hasEarlier = isBackwards ? hasMore : isBehindCursor;
  const hasLater = isBackwards ? true : hasMore;
  const earlier = hasEarlier ? firstId : null;
  const later = hasLater ? lastId : null;
  return isSwapped ? { before: later, after: earlier } : { before: earlier, after: later };
}

/** The list envelope around objects that are JSON already. */
export function listBody(objects: readonly string[], metadata: List<never>["list_metadata"]): string {
  return `{"object":"list","data":[${objects.join(",")}],"list_metadata":${JSON.stringify(metadata)}}`;
}

const bytesBefore = Buffer.from('{"object":"list","data":[');

/** The same around objects that are bytes already. */
export function listBytes(
  objects: Uint8Array,
  metadata: Partial<List<never>["list_metadata"]>,
): Uint8Array<ArrayBuffer> {
  const bytesAfter = Buffer.from(`],"list_metadata":${JSON.stringify(metadata)}}`);
  return Buffer.concat([bytesBefore, objects, bytesAfter]);
}

async function placeOfCursor(placeOf: PlaceOf, cursor: string | null): Promise<number | null> {
  if (cursor === null) return null;
  const place = await placeOf(cursor);
  if (place !== null) return place;
  throw badRequest("cursor_not_found", "The cursor names no object of this list; start again without it.");
}
