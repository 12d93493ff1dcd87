import * as z from "zod";

/** The answer to POST /portal/generate_link. */
export const portalLinkSchema = z.looseObject({ link: z.string() });
