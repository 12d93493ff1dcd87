import { page } from "./answers.ts";
import type { PortalContext } from "./answers.ts";
import type { LinkState } from "./links.ts";
import { refusalPage } from "./pages/entry.ts";

/** Says why a link opens nothing, and how to get one that does. */
export function refuseLink(context: PortalContext, link: Exclude<LinkState, { state: "good" }>): Response {
  if (link.state === "unknown") {
    const text = "The address is not complete, or the link is more than a day old. Open a new one from the app.";
    return page(context, refusalPage({ title: "This link is not known", text, returnUrl: null }), 404);
  }
  const returnUrl = link.link.return_url;
  const title = link.state === "used" ? "This link has been used" : "This link has expired";
  const text =
    link.state === "used"
      ? "A link works once. If it was you, in this browser and within the last hour, go on with that session. Else open a new link from the app; if it was not you who used it, tell whoever runs the app."
      : "A link works for five minutes. Open a new one from the app.";
  const goOnUrl = link.state === "used" ? "setup" : null;
  return page(context, refusalPage({ title, text, returnUrl, goOnUrl }), 410);
}

/** Says that there is no session. */
export function refuseSession(context: PortalContext): Response {
  const text =
    "It lasts an hour, in one browser. Open a new link from the app; what you have set up is kept, and you can go on with it.";
  return page(context, refusalPage({ title: "This session has ended", text, returnUrl: null }), 401);
}

/** Refuses what no page of ours has sent. */
export function refuseForm(context: PortalContext): Response {
  const text = "It was not sent by this page. Go back, load the page again, and try once more.";
  return page(context, refusalPage({ title: "Nothing was changed", text, returnUrl: null }), 403);
}

/** Refuses what cannot be done, saying why. */
export function refuseAct(context: PortalContext, text: string): Response {
  return page(context, refusalPage({ title: "Nothing was changed", text, returnUrl: null }), 409);
}
