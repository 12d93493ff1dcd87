import { Hono } from "hono";
import { bytesAnswer } from "../http/bytes-answer.ts";
import { notFound } from "../http/problem.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import type { Data, GroupFilter } from "../store/model.ts";
import { directorySeqOf } from "./filters.ts";
import { listBytes, parsePageRequest, readBodies } from "./paging.ts";

/** `/directory_groups`: list and get. Members are listed with `/directory_users?group=`. */
export function groupRoutes({ store }: Services): Hono<{ Variables: RequestVariables }> {
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.get("/", async (context) => {
    const query = new URL(context.req.url).searchParams;
    const request = parsePageRequest(query);
    const { body, metadata } = await store.read(async (data) => {
      const filter = await parseFilter(data, query);
      return await readBodies(data, { kind: "directory_group", request }, (window) =>
        data.lists.groups(filter, window),
      );
    });
    return bytesAnswer(context, listBytes(body, metadata));
  });
  app.get("/:id", async (context) => {
    const id = context.req.param("id");
    const group = await store.read((data) => data.lists.group(id));
    if (group === undefined) throw notFound("Directory Group", id);
    return context.body(group.body, 200, { "Content-Type": "application/json" });
  });
  return app;
}

async function parseFilter(data: Data, query: URLSearchParams): Promise<GroupFilter> {
  const directory = query.get("directory");
  const user = query.get("user");
  const userRow = user === null ? undefined : await data.lists.user(user);
  if (user !== null && userRow === undefined) throw notFound("Directory User", user);
  return {
    ...(directory === null ? {} : { directorySeq: await directorySeqOf(data, directory) }),
    ...(userRow === undefined ? {} : { userSeq: userRow.seq }),
  };
}
