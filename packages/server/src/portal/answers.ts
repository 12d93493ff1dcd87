import type { Context } from "hono";
import { digestOf, isSameText } from "../ids.ts";
import { baseUrlOf } from "../http/services.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import type { Html } from "./html.ts";
import { sessionSeconds } from "./links.ts";

/** The context of the portal's handlers. */
export type PortalContext = Context<{ Variables: RequestVariables }>;

const cookieName = "dirsync_portal";

/**
 * Nothing from elsewhere runs, is shown or is told where the reader was, and nobody puts the page into a frame. Pages hold a
 * token, so nobody keeps them either.
 */
const pageHeaders: Readonly<Record<string, string>> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "X-Frame-Options": "DENY",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cache-Control": "no-store",
};

/** Sends a page. */
export function page(context: PortalContext, content: Html, status: 200 | 400 | 401 | 403 | 404 | 409 | 410 = 200) {
  return context.body(`<!doctype html>\n${content.toString()}`, status, {
    ...pageHeaders,
    "Content-Type": "text/html; charset=utf-8",
  });
}

/** Sends data for the page's script. */
export function json(context: PortalContext, value: object, status: 200 | 401 = 200) {
  return context.body(JSON.stringify(value), status, { ...pageHeaders, "Content-Type": "application/json" });
}

/** Goes on to another page of the portal. */
export function goOn(context: PortalContext, to: string, cookie: string | null = null) {
  const headers: Record<string, string> = { ...pageHeaders, Location: to };
  if (cookie !== null) headers["Set-Cookie"] = cookie;
  return context.body(null, 303, headers);
}

/** The secret of the session that the request carries; empty for none. */
export function cookieOf(context: PortalContext): string {
  const cookies = (context.req.header("cookie") ?? "").split(";").map((pair) => pair.trim());
  return cookies.find((pair) => pair.startsWith(`${cookieName}=`))?.slice(cookieName.length + 1) ?? "";
}

/** The cookie of a session. Scripts do not see it, and no other site's page sends it. */
export function sessionCookie(services: Services, context: PortalContext, secret: string): string {
  const { protocol, pathname } = new URL(baseUrlOf(services, context.req.url));
  const path = `${pathname.replace(/\/+$/u, "")}/portal`;
  const secure = protocol === "https:" ? "; Secure" : "";
  return `${cookieName}=${secret}; Path=${path}; Max-Age=${String(sessionSeconds)}; HttpOnly; SameSite=Strict${secure}`;
}

/** Takes the cookie away. */
export function endedCookie(services: Services, context: PortalContext): string {
  return sessionCookie(services, context, "").replace(/Max-Age=\d+/u, "Max-Age=0");
}

/** What forms of a session carry, so that no page of others can have made them. */
export function formKeyOf(session: string): string {
  return digestOf(`portal form\0${session}`);
}

/** True when a form was sent by our own page in this session. */
export function isOwnForm(context: PortalContext, form: URLSearchParams, session: string): boolean {
  return isSameSite(context) && isSameText(form.get("form_key") ?? "", formKeyOf(session));
}

/** True unless the browser says that another site's page sent this. */
export function isSameSite(context: PortalContext): boolean {
  return ["same-origin", undefined].includes(context.req.header("sec-fetch-site"));
}
