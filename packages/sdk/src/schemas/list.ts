import * as z from "zod";

const listMetadata = z.looseObject({ before: z.string().nullish(), after: z.string().nullish() });

/** Schema of a page whose items follow `item`. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.looseObject({ object: z.literal("list"), data: z.array(item), list_metadata: listMetadata });
}
