import { readText } from "../http/limits.ts";
import type { PortalContext } from "./answers.ts";

// Of what our pages send, some hundred bytes; what is larger is from elsewhere.
const formBytesMax = 16 * 1024;

/** The fields of a form. @throws BodyError */
export async function formOf(context: PortalContext): Promise<URLSearchParams> {
  return new URLSearchParams(await readText(context.req.raw, formBytesMax));
}
