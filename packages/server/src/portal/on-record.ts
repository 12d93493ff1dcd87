import type { Ids } from "../ids.ts";
import type { Data } from "../store/model.ts";
import type { PortalContext } from "./answers.ts";

/** Something that a visitor of the portal has done, in the words of the audit log. */
export interface Deed {
  readonly action:
    | "portal.link_used"
    | "portal.session_finished"
    | "directory.created"
    | "directory.provider_changed"
    | "directory_token.created"
    | "directory_token.rotated";
  readonly targetId: string;
}

/**
 * Puts a deed on record, inside the write that it is done in. Who it was is not known, only by which session: eight digits of
 * its digest tell one from another and are far too short to find one by.
 */
export async function putOnRecord(
  { data, ids, context }: { readonly data: Data; readonly ids: Ids; readonly context: PortalContext },
  sessionDigest: string,
  { action, targetId }: Deed,
): Promise<void> {
  await data.audit.append({
    id: ids.next("audit_"),
    at: new Date(ids.nowMs()).toISOString(),
    actor_type: "portal_session",
    actor_id: sessionDigest.slice(0, 8),
    action,
    target_id: targetId,
    request_id: context.get("requestId"),
    user_agent: context.req.header("user-agent")?.slice(0, 512) ?? null,
  });
}
