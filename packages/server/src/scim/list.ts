import { fold } from "../directory/columns.ts";
import type { LookupColumn } from "../store/model.ts";
import type { ScimBody } from "./answers.ts";
import { badRequest } from "./error.ts";
import { compileFilter, lookupOf, parseFilter } from "./filter.ts";
import type { Filter, Lookup } from "./filter.ts";
import type { ResourceType } from "./resource.ts";

/** Resources on a page when the client does not say how many it wants. */
const countDefault = 100;

/** Most resources on a page. A client that asks for more gets this many and `itemsPerPage` says so. */
const countMax = 1_000;

// Rows looked at between two turns of the event loop: a scan of a large directory must not hold up everybody else.
const scanRows = 500;

/** A list request (RFC 7644 section 3.4.2). */
export interface ListRequest {
  readonly filter: Filter | null;
  /** 1 for the first resource. */
  readonly startIndex: number;
  readonly count: number;
}

/** What listing needs to know of users or of groups. */
export interface ListSource<Row extends { readonly seq: number }> {
  readonly type: ResourceType;
  total(): Promise<number>;
  page(offset: number, limit: number): Promise<readonly Row[]>;
  lookup(column: LookupColumn | "members.value", value: string): Promise<readonly Row[]>;
  after(above: number, limit: number): Promise<readonly Row[]>;
  /** The resource to run a filter on. */
  candidate(row: Row): Promise<ScimBody>;
}

/** A page of rows and the number of all that match. */
export interface ListPage<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

/** Reads `filter`, `startIndex` and `count`. @throws scim_error 400 */
export function parseListRequest(query: URLSearchParams): ListRequest {
  const filter = query.get("filter");
  return {
    filter: filter === null || filter.trim() === "" ? null : parseFilter(filter),
    // Values below 1 mean 1, and negative counts mean 0 (RFC 7644 section 3.4.2.4).
    startIndex: Math.max(1, integer(query, "startIndex", 1)),
    count: Math.min(countMax, Math.max(0, integer(query, "count", countDefault))),
  };
}

/**
 * Finds a page. Order is creation order, so that pages stay put while resources come and go behind them. An equality
 * on an indexed attribute is looked up; any other filter is a scan in pieces.
 */
export async function findPage<Row extends { readonly seq: number }>(
  source: ListSource<Row>,
  request: ListRequest,
): Promise<ListPage<Row>> {
  const { filter, startIndex, count } = request;
  if (filter === null) {
    const rows = count === 0 ? [] : await source.page(startIndex - 1, count);
    return { total: await source.total(), rows };
  }
  const found: Row[] = [];
  let total = 0;
  for await (const row of candidates(source, filter)) {
    total += 1;
    if (total >= startIndex && found.length < count) found.push(row);
  }
  return { total, rows: found };
}

/** The ListResponse around a page (RFC 7644 section 3.4.2). */
export function listResponse(page: { total: number; startIndex: number; resources: readonly ScimBody[] }): ScimBody {
  return {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults: page.total,
    startIndex: page.startIndex,
    itemsPerPage: page.resources.length,
    Resources: page.resources,
  };
}

async function* candidates<Row extends { readonly seq: number }>(
  source: ListSource<Row>,
  filter: Filter,
): AsyncGenerator<Row> {
  // Once for all rows, and before the first: a filter without sense is refused in an empty directory too.
  const isMatch = compileFilter(filter, source.type);
  const lookup = lookupOf(filter, source.type);
  if (lookup !== null) {
    for (const row of await source.lookup(...placeOf(lookup))) {
      if (!lookup.needsMatch || isMatch(await source.candidate(row))) yield row;
    }
    return;
  }
  let above = 0;
  for (;;) {
    const rows = await source.after(above, scanRows);
    for (const row of rows) {
      if (isMatch(await source.candidate(row))) yield row;
      above = row.seq;
    }
    if (rows.length < scanRows) return;
    await nextTurn();
  }
}

function placeOf(lookup: Lookup): [LookupColumn | "members.value", string] {
  switch (lookup.attribute) {
    case "id":
      return ["id", lookup.value];
    case "externalId":
      return ["external_id", lookup.value];
    case "userName":
      return ["user_name_folded", fold(lookup.value)];
    case "displayName":
      return ["display_name_folded", fold(lookup.value)];
    case "emails.value":
      return ["email", fold(lookup.value)];
    case "members.value":
      return ["members.value", lookup.value];
    default:
      return unreachable(lookup.attribute);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function integer(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null || text.trim() === "") return fallback;
  if (!/^-?\d{1,15}$/u.test(text.trim())) throw badRequest("invalidValue", `${name} must be an integer.`);
  return Number(text);
}

function unreachable(attribute: never): never {
  throw new TypeError(`No look-up for ${String(attribute)}.`);
}
