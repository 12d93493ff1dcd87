import { ContractError } from "@dirsync/sdk";
import type { Collection, ListedPage, ListedRow, ListsSource } from "../scan/model.ts";
import { isRefusal } from "./lists-api.ts";

/** A list to walk. */
export interface ListWalk {
  readonly source: Pick<ListsSource, "page">;
  readonly collection: Collection;
  readonly signal: AbortSignal;
}

/**
 * Walks a list from its beginning to its end, page by page and in constant memory. What is in the list all the time
 * comes exactly once; what comes or goes meanwhile may be among it or not.
 *
 * A row that is deleted while its id leads to the next page does not end the walk: it goes on from the row before it.
 * Services answer such an id with an error or, silently, with the first page again; both are noticed.
 * @throws ApiError 404 when the directory or group is not there (any more).
 * @throws ContractError `list_lost` when no row of a whole page leads on, which is worth another walk.
 */
export async function* walkList(walk: ListWalk): AsyncGenerator<readonly ListedRow[], void, undefined> {
  let page = await walk.source.page(walk.collection, null, walk.signal);
  const beginning = idsOf(page);
  let before = page;
  yield page.rows;
  while (page.after !== null) {
    const { after } = page;
    // An empty page has no row to go on from; the last one that had some has.
    if (page.rows.length > 0) before = page;
    page = await pageAfter(walk, { after, before, beginning });
    yield page.rows;
  }
}

interface Place {
  readonly after: string;
  /** The last page that had rows. */
  readonly before: ListedPage;
  /** Ids of the first page. */
  readonly beginning: ReadonlySet<string>;
}

async function pageAfter(walk: ListWalk, { after, before, beginning }: Place): Promise<ListedPage> {
  const known = idsOf(before);
  const ways = new Set([after, ...before.rows.map(({ id }) => id).reverse()]);
  let refused: unknown = null;
  for (const way of ways) {
    try {
      const page = await walk.source.page(walk.collection, way, walk.signal);
      if (page.rows.some(({ id }) => beginning.has(id))) continue;
      return { ...page, rows: page.rows.filter(({ id }) => !known.has(id)) };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Once is enough: this says so itself when there is no such list any more.
      if (refused === null) await walk.source.page(walk.collection, null, walk.signal);
      refused = error;
    }
  }
  throw new ContractError(
    `The list of ${nameOf(walk.collection)} leads nowhere after ${after}: a whole page of it was deleted meanwhile. Try again.`,
    { code: "list_lost", retryable: true, issues: [], cause: refused },
  );
}

function idsOf(page: ListedPage): ReadonlySet<string> {
  return new Set(page.rows.map(({ id }) => id));
}

function nameOf(collection: Collection): string {
  switch (collection.kind) {
    case "directory":
      return "directories";
    case "group":
    case "user":
      return `${collection.kind}s of ${collection.directoryId}`;
    case "membership":
      return `members of ${collection.groupId}`;
    default:
      return collection satisfies never;
  }
}
