import type { Services } from "../http/services.ts";
import type { Data } from "../store/model.ts";
import type { DirectoryRow, OrganizationRow, PortalSessionRow } from "../store/tables.ts";
import { cookieOf, formKeyOf, isOwnForm } from "./answers.ts";
import type { PortalContext } from "./answers.ts";
import { formOf } from "./form.ts";
import { sessionOf } from "./links.ts";
import { putOnRecord } from "./on-record.ts";
import type { Deed } from "./on-record.ts";
import { refuseForm, refuseSession } from "./refusals.ts";

/** A session, whose it is, and what it is at. Everything the portal shows or changes is reached from here. */
export interface Visit {
  readonly session: PortalSessionRow;
  readonly organization: OrganizationRow;
  /** The directory that was chosen or made; null before that, and when it has been deleted. */
  readonly directory: DirectoryRow | null;
  /** What forms of this session carry. */
  readonly formKey: string;
}

/** A visit that is at a directory. */
export type VisitAt = Visit & { readonly directory: DirectoryRow };

/** The visit that a request belongs to; null without a session. */
export async function visitOf(services: Services, data: Data, context: PortalContext): Promise<Visit | null> {
  const secret = cookieOf(context);
  const session = await sessionOf(data, secret, services.ids.clockMs());
  const organization = session === undefined ? undefined : await data.organizations.findBySeq(session.organization_seq);
  if (session === undefined || organization === undefined) return null;
  const { directory_seq: seq } = session;
  const directory = seq === null ? undefined : await data.directories.findBySeq(seq);
  return { session, organization, directory: directory ?? null, formKey: formKeyOf(secret) };
}

/** What came of a form. */
export interface Done {
  /** Called when all is durable. */
  readonly answer: () => Response;
  /** For the audit log; null where nothing was changed, or only what the session shows. */
  readonly deed: Deed | null;
}

/** What a form of the portal does, inside a write. It has to say what it has done, which is put on record in the same. */
export type Act = (data: Data, visit: Visit, form: URLSearchParams) => Promise<Done>;

/** Does what a form asks for, if it is one of our own pages in a session that has not ended. */
export async function actOn(services: Services, context: PortalContext, act: Act): Promise<Response> {
  const form = await formOf(context);
  if (!isOwnForm(context, form, cookieOf(context))) {
    const visit = await services.store.read((data) => visitOf(services, data, context));
    return visit === null ? refuseSession(context) : refuseForm(context);
  }
  const answer = await services.store.write(async (data) => {
    const visit = await visitOf(services, data, context);
    if (visit === null) return () => refuseSession(context);
    const done = await act(data, visit, form);
    if (done.deed !== null) {
      await putOnRecord({ data, ids: services.ids, context }, visit.session.session_digest ?? "", done.deed);
    }
    return done.answer;
  });
  return answer();
}
