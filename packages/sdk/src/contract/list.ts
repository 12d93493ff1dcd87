import * as z from "zod";

/** Cursors of a page. `after` is null on the last page, so it can never be stored as a position in a log. */
export interface ListMetadata {
  readonly before?: string | null | undefined;
  readonly after: string | null;
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

const listMetadata = z.looseObject({
  before: z.string().nullish(),
  after: z
    .string()
    .nullish()
    .transform((after) => after ?? null),
});

/** Schema of a page whose items follow `item`. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.looseObject({ object: z.literal("list"), data: z.array(item), list_metadata: listMetadata });
}
