import { Hono } from "hono";
import { bytesAnswer } from "../http/bytes-answer.ts";
import { notFound, validationFailed } from "../http/problem.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import type { Data, UserFilter } from "../store/model.ts";
import { directorySeqOf } from "./filters.ts";
import { listBytes, parsePageRequest, readBodies } from "./paging.ts";

/** `/directory_users`: list and get, each user with its groups. */
export function userRoutes({ store }: Services): Hono<{ Variables: RequestVariables }> {
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.get("/", async (context) => {
    const query = new URL(context.req.url).searchParams;
    const request = parsePageRequest(query);
    const { body, metadata } = await store.read(async (data) => {
      const filter = await parseFilter(data, query);
      return await readBodies(data, { kind: "directory_user", request }, (window) => data.lists.users(filter, window));
    });
    return bytesAnswer(context, listBytes(body, metadata));
  });
  app.get("/:id", async (context) => {
    const id = context.req.param("id");
    const user = await store.read((data) => data.lists.userBody(id));
    if (user === undefined) throw notFound("Directory User", id);
    return context.body(user, 200, { "Content-Type": "application/json" });
  });
  return app;
}

async function parseFilter(data: Data, query: URLSearchParams): Promise<UserFilter> {
  const directory = query.get("directory");
  const group = query.get("group");
  const idpId = query.get("idp_id");
  const email = query.get("email");
  // The service takes these two with a directory only (contract of GET /directory_users).
  if ((idpId !== null || email !== null) && directory === null) {
    throw validationFailed([{ code: "required", field: "directory" }]);
  }
  const groupRow = group === null ? undefined : await data.lists.group(group);
  if (group !== null && groupRow === undefined) throw notFound("Directory Group", group);
  return {
    ...(directory === null ? {} : { directorySeq: await directorySeqOf(data, directory) }),
    ...(groupRow === undefined ? {} : { groupSeq: groupRow.seq }),
    ...(idpId === null ? {} : { idpId }),
    ...(email === null ? {} : { emailFolded: email.toLowerCase() }),
  };
}
