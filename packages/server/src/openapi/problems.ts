import * as z from "zod";

const fields = {
  message: z.string(),
  code: z.string().optional(),
  errors: z
    .array(z.looseObject({ code: z.string(), field: z.string().optional(), message: z.string().optional() }))
    .optional(),
};

/** What refusals say. `code` is for programs, `message` for people, `errors` names each field that is wrong. */
export const problems = {
  Problem: z.looseObject(fields),
  EventsProblem: z.looseObject({
    ...fields,
    cursor: z.string().optional(),
    oldest_event_id: z.string().nullable().optional(),
    last_event_id: z.string().nullable().optional(),
    restored_at: z.string().optional(),
  }),
  DirectoryImportBraked: z.looseObject({ ...fields, removals: z.int(), active: z.int() }),
} as const satisfies Readonly<Record<string, z.ZodType>>;
