import { describe, expect, test } from "vitest";
import { createListing, type Listing, type Page } from "./paginate.ts";

/** A list whose pages lie at the cursors given; the first page lies at "first". */
function listingOf(pages: Readonly<Record<string, Page<number>>>): { listing: Listing<number>; reads: string[] } {
  const reads: string[] = [];
  const listing = createListing<number>({
    what: "GET /numbers",
    read: async (cursor) => {
      const at = cursor ?? "first";
      reads.push(at);
      return pages[at] ?? page([], null);
    },
    next: ({ after }) => after,
  });
  return { listing, reads };
}

function page(data: readonly number[], after: string | null): Page<number> {
  return { data, before: null, after };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("a listing", () => {
  test("reads nothing before the first step, and only the pages that are walked", async () => {
    const { listing, reads } = listingOf({ first: page([1, 2], "a"), a: page([3], null) });
    expect(reads).toEqual([]);
    for await (const item of listing) if (item === 1) break;
    expect(reads).toEqual(["first"]);
  });

  test("walks every page once, and again when it is walked again", async () => {
    const { listing, reads } = listingOf({ first: page([1, 2], "a"), a: page([3], null) });
    expect(await collect(listing)).toEqual([1, 2, 3]);
    expect(reads).toEqual(["first", "a"]);
    expect(await collect(listing)).toEqual([1, 2, 3]);
  });

  test("does not end at an empty page that has a cursor", async () => {
    const pages = { first: page([], "a"), a: page([], "b"), b: page([1], "c"), c: page([], null) };
    expect(await collect(listingOf(pages).listing)).toEqual([1]);
  });

  test("gives its pages with their cursors, and the first page alone", async () => {
    const { listing, reads } = listingOf({ first: page([1], "a"), a: page([2], null) });
    expect(await listing.page()).toEqual(page([1], "a"));
    expect(reads).toEqual(["first"]);
    expect(await collect(listing.pages())).toEqual([page([1], "a"), page([2], null)]);
  });

  test("is resumed from a page's cursor where it was left", async () => {
    const pages = { first: page([1, 2], "a"), a: page([3], "b"), b: page([4], null) };
    const seen: number[] = [];
    let cursor: string | null = null;
    for await (const { data, after } of listingOf(pages).listing.pages()) {
      seen.push(...data);
      cursor = after;
      if (seen.length === 3) break;
    }
    const rest = listingOf({ ...pages, first: pages[cursor as keyof typeof pages] });
    expect([...seen, ...(await collect(rest.listing))]).toEqual([1, 2, 3, 4]);
  });

  test.each([3, 4, 100])("gives all at once where there are no more than %i", async (max) => {
    const { listing } = listingOf({ first: page([1, 2], "a"), a: page([3], null) });
    expect(await listing.toArray({ max })).toEqual([1, 2, 3]);
  });

  test("refuses to give a part for the whole, and stops reading", async () => {
    const { listing, reads } = listingOf({ first: page([1, 2], "a"), a: page([3], "b"), b: page([4], null) });
    await expect(listing.toArray({ max: 2 })).rejects.toMatchObject({ name: "ConfigError", where: "max" });
    await expect(listing.toArray({ max: 2 })).rejects.toThrow(/GET \/numbers has more than 2 items/);
    expect(reads).toEqual(["first", "a", "first", "a"]);
  });

  test("with a max of 0 is an empty array, or refused when there is anything", async () => {
    expect(await listingOf({ first: page([], null) }).listing.toArray({ max: 0 })).toEqual([]);
    await expect(listingOf({ first: page([1], null) }).listing.toArray({ max: 0 })).rejects.toThrow(/more than 0/);
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses a max of %d before reading", async (max) => {
    const { listing, reads } = listingOf({ first: page([1], null) });
    await expect(listing.toArray({ max })).rejects.toMatchObject({ name: "ConfigError", where: "max" });
    expect(reads).toEqual([]);
  });

  test("without the max that only JavaScript lets one forget is refused before reading", async () => {
    const { listing, reads } = listingOf({ first: page([1], null) });
    const toArray = listing.toArray as unknown as () => Promise<unknown>;
    await expect(toArray()).rejects.toMatchObject({ name: "ConfigError", where: "max" });
    expect(reads).toEqual([]);
  });

  test.each([
    ["itself", { first: page([1], "a"), a: page([2], "a") }, [1]],
    ["the page before", { first: page([1], "a"), a: page([2], "b"), b: page([3], "a") }, [1, 2]],
  ])("whose cursor leads back to %s ends in an error instead of never", async (_name, pages, expected) => {
    const seen: number[] = [];
    const walk = async (): Promise<void> => {
      for await (const item of listingOf(pages).listing) seen.push(item);
    };
    await expect(walk()).rejects.toMatchObject({
      name: "ContractError",
      code: "cursor_not_advancing",
      retryable: false,
    });
    expect(seen.slice(0, expected.length)).toEqual(expected);
  });

  test.each([1, 2, 3, 7, 50])("in a circle of %i pages stops within a few rounds", async (length) => {
    let reads = 0;
    const listing = createListing<number>({
      what: "GET /numbers",
      read: async (cursor) => {
        reads += 1;
        return page([reads], String((Number(cursor ?? -1) + 1) % length));
      },
      next: ({ after }) => after,
    });
    await expect(collect(listing)).rejects.toMatchObject({ code: "cursor_not_advancing" });
    expect(reads).toBeLessThanOrEqual(5 * length + 2);
  });

  test("gives items that are asked for at once in order, across pages, and then its end", async () => {
    const { listing, reads } = listingOf({ first: page([1, 2], "a"), a: page([], "b"), b: page([3], null) });
    const items = listing[Symbol.asyncIterator]();
    const asked = await Promise.all([1, 2, 3, 4, 5].map(async () => items.next()));
    const end = { done: true, value: undefined };
    expect(asked).toEqual([...[1, 2, 3].map((value) => ({ done: false, value })), end, end]);
    expect(reads).toEqual(["first", "a", "b"]);
  });

  test("that is left gives nothing more, not even of the page that was read", async () => {
    const { listing, reads } = listingOf({ first: page([1, 2], "a"), a: page([3], null) });
    const items = listing[Symbol.asyncIterator]();
    expect(await items.next()).toEqual({ done: false, value: 1 });
    expect(await items.return?.()).toEqual({ done: true, value: undefined });
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(reads).toEqual(["first"]);
  });

  test("has ended after an error", async () => {
    const listing = createListing<number>({
      what: "GET /numbers",
      read: async () => Promise.reject(new Error("the only page is broken")),
      next: ({ after }) => after,
    });
    const items = listing[Symbol.asyncIterator]();
    await expect(items.next()).rejects.toThrow("the only page is broken");
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });

  test("passes an error of a page on, after the items of the pages before it", async () => {
    const seen: number[] = [];
    const listing = createListing<number>({
      what: "GET /numbers",
      read: async (cursor) => {
        if (cursor === null) return page([1, 2], "a");
        throw new Error("page a is broken");
      },
      next: ({ after }) => after,
    });
    const walk = async (): Promise<void> => {
      for await (const item of listing) seen.push(item);
    };
    await expect(walk()).rejects.toThrow("page a is broken");
    expect(seen).toEqual([1, 2]);
  });
});
