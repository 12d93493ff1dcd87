import { Hono } from "hono";
import { scimUrlOf } from "../http/services.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import type { Data } from "../store/model.ts";
import { connectProvider, directoriesOf, makeToken, turnTo } from "./acts.ts";
import type { Outcome } from "./acts.ts";
import { endedCookie, goOn, isSameSite, json, page, sessionCookie } from "./answers.ts";
import type { PortalContext } from "./answers.ts";
import { script, styles } from "./assets.ts";
import { formOf } from "./form.ts";
import type { Html } from "./html.ts";
import { beginSession, linkStateOf } from "./links.ts";
import type { BegunSession } from "./links.ts";
import { putOnRecord } from "./on-record.ts";
import { choiceSentAgain, isTokenMade } from "./sent-again.ts";
import { choosePage } from "./pages/choose.ts";
import { entryPage } from "./pages/entry.ts";
import { finishedPage } from "./pages/finished.ts";
import { setupPage } from "./pages/setup.ts";
import { providerFor, providerOf } from "./providers/index.ts";
import { refuseAct, refuseForm, refuseLink, refuseSession } from "./refusals.ts";
import { statusOf } from "./status.ts";
import { actOn, visitOf } from "./visit.ts";
import type { Done, Visit, VisitAt } from "./visit.ts";

type PortalApp = Hono<{ Variables: RequestVariables }>;

/**
 * The setup portal: pages in which a customer's admin connects a directory. They need no scripts but to see arrivals live.
 * Who comes with a link gets a session for one organization, and everything here is about that organization.
 */
export function portalRoutes(services: Services): PortalApp {
  const app: PortalApp = new Hono({ strict: false });
  addEntry(app, services);
  addPages(app, services);
  addForms(app, services);
  for (const [path, text, type] of [
    ["/portal.css", styles, "text/css"],
    ["/portal.js", script, "text/javascript"],
  ] as const) {
    app.get(path, (context) =>
      context.body(text, 200, {
        "Content-Type": `${type}; charset=utf-8`,
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
      }),
    );
  }
  // An address of a form, loaded again.
  for (const path of ["/provider", "/directory", "/token", "/finish"])
    app.get(path, (context) => goOn(context, "setup"));
  app.all("*", (context) => refuseLink(context, { state: "unknown" }));
  return app;
}

function addEntry(app: PortalApp, services: Services): void {
  const { store, ids } = services;
  app.get("/open", async (context) => {
    const secret = context.req.query("token") ?? "";
    const { state, organization } = await store.read(async (data) => {
      const found = await linkStateOf(data, secret, ids.clockMs());
      const seq = found.state === "good" ? found.link.organization_seq : 0;
      return { state: found, organization: await data.organizations.findBySeq(seq) };
    });
    if (state.state !== "good") return refuseLink(context, state);
    if (organization === undefined) return refuseLink(context, { state: "unknown" });
    return page(context, entryPage({ organization: organization.name, secret }));
  });
  app.post("/start", async (context) => {
    const form = await formOf(context);
    if (!isSameSite(context)) return refuseForm(context);
    const { state, session } = await store.write(async (data) => {
      const begun = await beginSession(data, ids, form.get("token") ?? "");
      if (begun.session !== null) await recordUse(services, data, { context, session: begun.session });
      return begun;
    });
    if (session !== null) return goOn(context, "choose", sessionCookie(services, context, session.secret));
    return state.state === "good" ? refuseSession(context) : refuseLink(context, state);
  });
}

async function recordUse(
  { ids }: Services,
  data: Data,
  { context, session }: { readonly context: PortalContext; readonly session: BegunSession },
): Promise<void> {
  const organization = await data.organizations.findBySeq(session.organizationSeq);
  const deed = { action: "portal.link_used", targetId: organization?.id ?? "" } as const;
  await putOnRecord({ data, ids, context }, session.digest, deed);
}

function addPages(app: PortalApp, services: Services): void {
  const show = (path: string, build: (data: Data, visit: Visit, context: PortalContext) => Promise<Html | null>) =>
    app.get(path, async (context) => {
      const shown = await services.store.read(async (data) => {
        const visit = await visitOf(services, data, context);
        return visit === null ? undefined : await build(data, visit, context);
      });
      if (shown === undefined) return refuseSession(context);
      return shown === null ? goOn(context, "choose") : page(context, shown);
    });
  show("/choose", async (data, visit) =>
    choosePage({
      organization: visit.organization.name,
      returnUrl: visit.session.return_url,
      formKey: visit.formKey,
      at: visit.directory?.id ?? "",
      directories: await directoriesOf(data, visit),
    }),
  );
  show("/setup", async (data, visit, context) =>
    isAtDirectory(visit) ? await setupOf(services, data, { visit, context, token: null }) : null,
  );
  app.get("/status", async (context) => {
    const items = await services.store.read(async (data) => {
      const visit = await visitOf(services, data, context);
      return visit !== null && isAtDirectory(visit) ? await statusOf(services, data, visit.directory) : null;
    });
    const ended = [{ id: "session", state: "wrong", text: "This session has ended. Open a new link from the app." }];
    return items === null ? json(context, { items: ended }, 401) : json(context, { items });
  });
}

function addForms(app: PortalApp, services: Services): void {
  app.post("/provider", (context) =>
    actOn(services, context, async (data, visit, form) => {
      const provider = providerOf(form.get("provider") ?? "");
      if (provider === undefined) return nothing(() => refuseAct(context, "Choose one of the providers."));
      const sentAgain = choiceSentAgain(visit, { at: form.get("at"), provider });
      if (sentAgain !== null) return nothing(() => goOn(context, sentAgain));
      const outcome = await connectProvider(services, data, { visit, provider });
      const session = { ...visit.session, provider: provider.slug };
      return await answerTo(services, data, { context, visit: { ...visit, session }, outcome });
    }),
  );
  app.post("/directory", (context) =>
    actOn(services, context, async (data, visit, form) => {
      const directory = await turnTo(data, visit, form.get("directory") ?? "");
      if (directory === null) return nothing(() => refuseAct(context, "There is no such directory."));
      return nothing(() => goOn(context, "setup"));
    }),
  );
  app.post("/token", (context) =>
    actOn(services, context, async (data, visit, form) => {
      if (!isAtDirectory(visit)) return nothing(() => goOn(context, "choose"));
      const wish = { before: form.get("before"), overlapHours: hoursOf(form.get("overlap_hours")) };
      if (await isTokenMade(data, visit, wish)) return nothing(() => goOn(context, "setup"));
      const outcome = await makeToken(services, data, { visit, wish });
      const { answer, deed } = await answerTo(services, data, { context, visit, outcome });
      const answerAndTell = (): Response => {
        services.tokens.expiryChanged();
        return answer();
      };
      return { answer: answerAndTell, deed };
    }),
  );
  app.post("/finish", (context) =>
    actOn(services, context, async (data, visit) => {
      const { session, organization, directory } = visit;
      const status = directory === null ? [] : await statusOf(services, data, directory);
      await data.portalSessions.update(session.seq, { session_ends_ms: services.ids.clockMs() });
      const nextUrl = session.success_url ?? session.return_url;
      const answer = (): Response => {
        context.header("Set-Cookie", endedCookie(services, context));
        return page(context, finishedPage({ organization: organization.name, status, nextUrl }));
      };
      return { answer, deed: { action: "portal.session_finished", targetId: organization.id } };
    }),
  );
}

/** A new token is on the page that answers its making; all else is on the page that can be loaded again. */
async function answerTo(
  services: Services,
  data: Data,
  { context, visit, outcome }: { readonly context: PortalContext; readonly visit: Visit; readonly outcome: Outcome },
): Promise<Done> {
  if ("refused" in outcome) return nothing(() => refuseAct(context, outcome.refused));
  const { directory, token, deed } = outcome;
  if (token === null) return { answer: () => goOn(context, "setup"), deed };
  const setup = await setupOf(services, data, { context, token, visit: { ...visit, directory } });
  return { answer: () => page(context, setup), deed };
}

/** Nothing is done that anybody else will want to know of. */
function nothing(answer: () => Response): Done {
  return { answer, deed: null };
}

async function setupOf(
  services: Services,
  data: Data,
  {
    visit,
    context,
    token,
  }: { readonly visit: VisitAt; readonly context: PortalContext; readonly token: string | null },
): Promise<Html> {
  const { directory, organization, session, formKey } = visit;
  return setupPage({
    organization: organization.name,
    returnUrl: session.return_url,
    formKey,
    provider: providerFor(directory.type, session.provider),
    scimUrl: scimUrlOf(services, context.req.url, directory),
    token,
    tokens: await data.directoryTokens.ofDirectory(directory.seq),
    status: await statusOf(services, data, directory),
    isConnected: directory.connected_at !== null,
  });
}

function isAtDirectory(visit: Visit): visit is VisitAt {
  return visit.directory !== null;
}

/** One of those that the page offers; a day where it is none of them. */
function hoursOf(text: string | null): number {
  return [0, 24, 168].find((hours) => String(hours) === text) ?? 24;
}
