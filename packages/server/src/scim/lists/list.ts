import type { ScimBody } from "../answers.ts";
import { candidates, stretchOf } from "./candidates.ts";
import { badRequest } from "../error.ts";
import { parseFilter } from "../filter/filter.ts";
import type { Filter } from "../filter/filter.ts";
import type { ListSource } from "./source.ts";
import { nameOf } from "../model.ts";
import type { ResourceType } from "../model.ts";
import { compareRanked, indexedOrder, parseSort, sortKeyOf } from "./sort.ts";
import type { Ranked, Sort } from "./sort.ts";

/** Resources on a page when the client does not say how many it wants. */
export const countDefault = 100;

/** Most resources on a page. A client that asks for more gets this many and `itemsPerPage` says so. */
export const countMax = 1_000;

/** Most resources that are sorted for one request where no index has the order: some megabytes, and a second of work. */
const sortedMax = 100_000;

/** A list request (RFC 7644 section 3.4.2). */
export interface ListRequest {
  readonly filter: Filter | null;
  readonly sort: Sort | null;
  /** 1 for the first resource. */
  readonly startIndex: number;
  /** The last resource of the page before, `""` for the first page; null where the client pages by `startIndex`. */
  readonly cursor: string | null;
  readonly count: number;
}

/** A page of rows and the number of all that match. */
export interface ListPage<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
  /** Whether others follow; not known where the client pages by `startIndex`. */
  readonly hasMore?: boolean;
}

/** Reads `filter`, `sortBy`, `sortOrder`, `startIndex`, `count` and `cursor`. @throws scim_error 400 */
export function parseListRequest(query: URLSearchParams, type: ResourceType): ListRequest {
  const filter = query.get("filter");
  return {
    filter: filter === null || filter.trim() === "" ? null : parseFilter(filter, type),
    sort: parseSort(query, type),
    cursor: parseCursor(query, type),
    // Values below 1 mean 1, and negative counts mean 0 (RFC 7644 section 3.4.2.4).
    startIndex: Math.max(1, integer(query, "startIndex", 1)),
    count: Math.min(countMax, Math.max(0, integer(query, "count", countDefault))),
  };
}

/**
 * Finds a page. Order is creation order unless the client asks for another, so that pages stay put while resources come
 * and go behind them.
 */
export async function findPage<Row extends { readonly seq: number }>(
  source: ListSource<Row>,
  request: ListRequest,
): Promise<ListPage<Row>> {
  const { filter, sort, startIndex, count, cursor } = request;
  if (cursor !== null) return await findPageAfter(source, request, cursor);
  if (sort !== null) return await findSortedPage(source, request, sort);
  const stretch = await stretchOf(source, filter);
  if (stretch !== null) {
    const rows = count === 0 ? [] : await stretch.page(startIndex - 1, count);
    return { total: await stretch.total(), rows };
  }
  const found: Row[] = [];
  let total = 0;
  for await (const { row } of candidates(source, filter)) {
    total += 1;
    if (total >= startIndex && found.length < count) found.push(row);
  }
  return { total, rows: found };
}

/** A page by cursor (RFC 9865): what was deleted before it moves nothing behind it. */
async function findPageAfter<Row extends { readonly seq: number }>(
  source: ListSource<Row>,
  { filter, count }: ListRequest,
  cursor: string,
): Promise<ListPage<Row>> {
  const above = cursor === "" ? 0 : await source.placeOf(cursor);
  const stretch = await stretchOf(source, filter);
  if (stretch !== null) {
    const rows = await stretch.after(above, count + 1);
    return { total: await stretch.total(), rows: rows.slice(0, count), hasMore: rows.length > count };
  }
  const found: Row[] = [];
  let total = 0;
  for await (const { row } of candidates(source, filter)) {
    total += 1;
    if (row.seq > above && found.length <= count) found.push(row);
  }
  return { total, rows: found.slice(0, count), hasMore: found.length > count };
}

/** What a client sends to get the page after this one; nothing where there is none, or it did not ask for a cursor. */
export function nextCursor<Row extends { readonly id: string }>(
  page: ListPage<Row>,
  shown: readonly Row[] = page.rows,
): { readonly nextCursor?: string } {
  const last = shown.at(-1);
  const hasMore = page.hasMore === true || (page.hasMore === false && shown.length < page.rows.length);
  return hasMore && last !== undefined ? { nextCursor: last.id } : {};
}

async function findSortedPage<Row extends { readonly seq: number }>(
  source: ListSource<Row>,
  request: ListRequest,
  sort: Sort,
): Promise<ListPage<Row>> {
  const { startIndex, count } = request;
  const order = request.filter === null ? indexedOrder(source.type, sort) : null;
  if (order !== null) {
    const { isDescending } = sort;
    const seqs = await source.ordered(order, { offset: startIndex - 1, limit: count, isDescending });
    return { total: await source.total(), rows: await rowsInOrder(source, seqs) };
  }
  const ranked = inOrder(await rank(source, request, sort), sort);
  const seqs = ranked.slice(startIndex - 1, startIndex - 1 + count).map(({ seq }) => seq);
  return { total: ranked.length, rows: await rowsInOrder(source, seqs) };
}

/**
 * Every resource that matches, with what it is sorted by.
 * @throws scim_error 400 tooMany over `sortedMax`
 */
export async function rank<Row extends { readonly seq: number }>(
  source: ListSource<Row>,
  { filter }: ListRequest,
  sort: Sort,
): Promise<Ranked[]> {
  const keyOf = sortKeyOf(source.type, sort);
  const ranked: Ranked[] = [];
  for await (const { row, body } of candidates(source, filter)) {
    ranked.push({ seq: row.seq, key: keyOf(body ?? (await source.candidate(row))) });
    if (ranked.length > sortedMax) {
      throw badRequest("tooMany", `More than ${sortedMax} resources match; filter them, or sort by id or userName.`);
    }
  }
  return ranked;
}

/** Sorts what `rank` found, in place. */
export function inOrder<T extends Ranked>(ranked: T[], { isDescending }: Sort): readonly T[] {
  ranked.sort(isDescending ? (left, right) => compareRanked(right, left) : compareRanked);
  return ranked;
}

/** The rows of a page whose order is known. A row that is gone since is left out. */
export async function rowsInOrder<Row extends { readonly seq: number }>(
  source: ListSource<Row>,
  seqs: readonly number[],
): Promise<readonly Row[]> {
  const bySeq = new Map((await source.bySeqs(seqs)).map((row) => [row.seq, row]));
  return seqs.map((seq) => bySeq.get(seq)).filter((row) => row !== undefined);
}

/** The ListResponse around a page (RFC 7644 section 3.4.2, and RFC 9865 for the cursor). */
export function listResponse(page: {
  readonly total: number;
  readonly startIndex: number;
  readonly resources: readonly ScimBody[];
  readonly nextCursor?: string;
}): ScimBody {
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults: page.total,
    startIndex: page.startIndex,
    itemsPerPage: page.resources.length,
    ...(page.nextCursor === undefined ? {} : { nextCursor: page.nextCursor }),
    Resources: page.resources,
  };
}

/**
 * A cursor is the id of the last resource of the page before: it says nothing that the client does not know, and its place
 * stays when it is deleted.
 */
function parseCursor(query: URLSearchParams, type: ResourceType): string | null {
  const cursor = query.get("cursor");
  if (cursor === null) return null;
  if ((query.get("sortBy") ?? "") !== "") {
    throw badRequest("invalidCursor", "A sorted list has no cursor; page it by startIndex, or sort it yourself.");
  }
  const kind = nameOf(type) === "User" ? "directory_user_" : "directory_group_";
  if (cursor !== "" && !(cursor.startsWith(kind) && /^[0-9A-Z]{26}$/u.test(cursor.slice(kind.length)))) {
    throw badRequest("invalidCursor", "The cursor is none that this list gave; begin again with an empty one.");
  }
  return cursor;
}

function integer(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null || text.trim() === "") return fallback;
  if (!/^-?\d+$/u.test(text.trim())) throw badRequest("invalidValue", `${name} must be an integer.`);
  // Some clients ask for all by asking for the greatest number they know; beyond this, a number is no longer itself.
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}
