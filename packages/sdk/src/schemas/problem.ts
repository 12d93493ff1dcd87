import * as z from "zod";

const detail = z.union([
  z.string(),
  z.looseObject({
    code: z.string().optional(),
    field: z.string().optional(),
    property: z.string().optional(),
    message: z.string().optional(),
    constraints: z.record(z.string(), z.string()).optional(),
  }),
]);

/**
 * Every error body the service is known to send (contract of the error bodies): objects with any of these keys, an
 * empty body, or a bare JSON string such as the 429 of GET /directory_users.
 */
export const problemSchema = z.union([
  z.string(),
  z.looseObject({
    code: z.string().optional(),
    message: z.union([z.string(), z.array(z.string())]).optional(),
    error: z.string().optional(),
    error_description: z.string().optional(),
    errors: z.array(detail).optional(),
  }),
]);
