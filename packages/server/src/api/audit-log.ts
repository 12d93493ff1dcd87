import { Hono } from "hono";
import type { RequestVariables, Services } from "../http/services.ts";
import type { AuditEntryRow } from "../store/tables.ts";
import { listBody, parsePageRequest, readPageAround } from "./paging.ts";

/** `GET /audit_log`, which is ours: who changed what by the API. Nothing in here takes an entry away. */
export function auditLogRoutes({ store }: Services): Hono<{ Variables: RequestVariables }> {
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.get("/", async (context) => {
    const query = new URL(context.req.url).searchParams;
    const request = parsePageRequest(query);
    const [targetId, action] = [query.get("target"), query.get("action")];
    const filter = { ...(targetId === null ? {} : { targetId }), ...(action === null ? {} : { action }) };
    const page = await store.read((data) =>
      readPageAround(
        request,
        (id) => data.audit.seqOf(id),
        (window) => data.audit.page(filter, window),
      ),
    );
    const objects = page.rows.map((row) => JSON.stringify(shown(row)));
    return context.body(listBody(objects, page.metadata), 200, { "Content-Type": "application/json" });
  });
  return app;
}

function shown({ seq: _seq, at, actor_type, actor_id, ...row }: AuditEntryRow) {
  return { object: "audit_entry", ...row, actor: { type: actor_type, id: actor_id }, created_at: at };
}
