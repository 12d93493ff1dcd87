import { Hono } from "hono";
import * as z from "zod";
import { createOnce } from "../http/create-once.ts";
import { readJson } from "../http/limits.ts";
import { notFound, validationFailed } from "../http/problem.ts";
import { baseUrlOf } from "../http/services.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import { makeLink } from "../portal/links.ts";
import { parseBody } from "./bodies.ts";

// Longer addresses do not fit through common proxies.
const urlCharactersMax = 2_048;

const webUrl = z
  .string()
  .trim()
  .max(urlCharactersMax)
  .refine(isWayBack, "an https address, or http on this machine, without a user name")
  .nullish();

/** Body of `POST /portal/generate_link`. */
export const linkDraft = z.looseObject({
  organization: z.string().min(1),
  // The service has more; a directory is what this portal is for, and without a word it is meant.
  intent: z.string().default("dsync"),
  return_url: webUrl,
  success_url: webUrl,
  // Taken, as the service takes them; nobody is written to from here.
  it_contact_emails: z.array(z.email()).max(20).nullish(),
});

/** `POST /portal/generate_link`, as the service has it: a link that opens the setup portal, once, within five minutes. */
export function portalLinkRoutes(services: Services): Hono<{ Variables: RequestVariables }> {
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.post("/", async (context) => {
    const asked = await readJson(context.req.raw);
    const body = parseBody(linkDraft, asked);
    if (body.intent !== "dsync") {
      const message = "This portal sets up directories only: send the intent dsync.";
      throw validationFailed([{ code: "invalid", field: "intent", message }]);
    }
    return await createOnce(services, { context, body: asked }, async (data) => {
      const organization = await data.organizations.find(body.organization);
      if (organization === undefined) throw notFound("Organization", body.organization);
      services.isAbout?.(organization.id);
      const [returnUrl, successUrl] = [body.return_url ?? null, body.success_url ?? null];
      const secret = await makeLink(data, services.ids, { organization, returnUrl, successUrl });
      return { link: `${baseUrlOf(services, context.req.url)}/portal/open?token=${secret}` };
    });
  });
  return app;
}

/** The page leads there: to an https address, or on this machine, where apps are made, to any. Never to a script. */
function isWayBack(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  const isHere = hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/u.test(hostname);
  return protocol === "https:" || (protocol === "http:" && isHere);
}
