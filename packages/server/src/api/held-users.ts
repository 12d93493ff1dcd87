import { Hono } from "hono";
import type { RequestVariables, Services } from "../http/services.ts";
import type { HeldUser } from "../store/model.ts";
import { directorySeqOf } from "./filters.ts";
import { listBody, parsePageRequest, readPage } from "./paging.ts";

/**
 * `GET /directories/:id/held_users`, which is ours: who is stored and does not come through, and why. The lists and the log do
 * not have them, so that without this an operator sees only that somebody is missing.
 */
export function heldUserRoutes({ store }: Services): Hono<{ Variables: RequestVariables }> {
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.get("/:id/held_users", async (context) => {
    const directoryId = context.req.param("id");
    const request = parsePageRequest(new URL(context.req.url).searchParams);
    const page = await store.read(async (data) => {
      const directorySeq = await directorySeqOf(data, directoryId);
      return await readPage(data, { kind: "directory_user", request }, (window) =>
        data.lists.heldUsers(directorySeq, window),
      );
    });
    const objects = page.rows.map((row) => JSON.stringify(shown(row, directoryId)));
    return context.body(listBody(objects, page.metadata), 200, { "Content-Type": "application/json" });
  });
  return app;
}

function shown({ id, resource, state, modified_at: modifiedAt }: HeldUser, directoryId: string): object {
  const { userName } = JSON.parse(resource) as { readonly userName: string };
  return {
    object: "held_user",
    id,
    directory_id: directoryId,
    user_name: userName,
    state,
    // The one way to be held: whoever is active, or is in a directory that keeps who is not, is announced.
    reason: "inactive",
    message:
      "The user is inactive, and this directory does not keep inactive users. It comes through, under this id, when the identity provider activates it.",
    updated_at: modifiedAt,
  };
}
