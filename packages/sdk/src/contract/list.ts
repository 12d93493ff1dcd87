import { list, literal, nullish, object, text, type Check } from "./check.ts";

/** Cursors of a page. `after` is null on the last page, so it can never be stored as a position in a log. */
export interface ListMetadata {
  readonly before?: string | null | undefined;
  readonly after?: string | null | undefined;
  readonly [field: string]: unknown;
}

/** One page of a list endpoint, as it is on the wire. */
export interface List<T> {
  readonly object: "list";
  readonly data: readonly T[];
  readonly list_metadata: ListMetadata;
}

/** Direction of a list, by creation. `normal` is descending with the cursors' directions swapped. */
export type Order = "asc" | "desc" | "normal";

/** Smallest page the service serves. */
export const limitMin = 1;

/** Largest page the service serves. */
export const limitMax = 100;

const metadataCheck = object<ListMetadata>({ before: nullish(text), after: nullish(text) });

/** Checks a page whose items `item` checks. */
export function listCheck<T>(item: Check<T>): Check<List<T>> {
  return object<List<T>>({ object: literal("list"), data: list(item), list_metadata: metadataCheck });
}
