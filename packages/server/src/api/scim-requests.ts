import { isDirsyncError } from "@dirsync/sdk";
import { Hono } from "hono";
import * as z from "zod";
import { readJson } from "../http/limits.ts";
import { HttpProblem, notFound, validationFailed } from "../http/problem.ts";
import { baseUrlOf } from "../http/services.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import { replay } from "../scim/replay.ts";
import type { Data } from "../store/model.ts";
import type { ScimRequestFilter } from "../store/scim-request-model.ts";
import type { ScimRequestRow } from "../store/tables.ts";
import { parseBody } from "./bodies.ts";
import { listBody, parsePageRequest, readPageAround } from "./paging.ts";

/** Body of `POST /scim_requests/:id/replay`. */
export const replayDraft = z.looseObject({ dry_run: z.boolean().default(false) });

/**
 * `/scim_requests`, which is ours: what identity providers sent and were answered, to look at when "the provider says it
 * failed", and to send once more. Ids are the `X-Request-ID` of answers.
 */
export function scimRequestRoutes(services: Services): Hono<{ Variables: RequestVariables }> {
  const { store, recorder } = services;
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.get("/", async (context) => {
    const query = new URL(context.req.url).searchParams;
    const request = parsePageRequest(query);
    // What was answered a moment ago is what people look for.
    await recorder.flush();
    const page = await store.read(async (data) => {
      const filter = await filterOf(data, query);
      const placeOf = async (id: string) => (await data.scimRequests.find(id))?.seq ?? null;
      return await readPageAround(request, placeOf, (window) => data.scimRequests.page(filter, window));
    });
    const objects = page.rows.map((row) => JSON.stringify(listed(row)));
    return context.body(listBody(objects, page.metadata), 200, { "Content-Type": "application/json" });
  });
  app.get("/:id", async (context) => {
    const row = await existing(services, context.req.param("id"));
    const { if_match, if_none_match, request_body, response_body } = row;
    return context.json({ ...listed(row), if_match, if_none_match, request_body, response_body });
  });
  app.post("/:id/replay", async (context) => {
    const { dry_run: isDry } = parseBody(replayDraft, await readJson(context.req.raw));
    const row = await existing(services, context.req.param("id"));
    if (isDry) services.changesNothing?.();
    const how = { isDry, baseUrl: baseUrlOf(services, context.req.url) };
    const { status, body, events } = await replay(services, row, how).catch((error: unknown) => {
      throw problemOf(error);
    });
    const shown = events.map((event) => JSON.parse(event) as unknown);
    return context.json({
      object: "scim_replay",
      scim_request_id: row.id,
      dry_run: isDry,
      status,
      response_body: body,
      events: shown,
    });
  });
  return app;
}

async function existing({ store, recorder }: Services, id: string): Promise<ScimRequestRow> {
  await recorder.flush();
  const row = await store.read((data) => data.scimRequests.find(id));
  if (row === undefined) throw notFound("SCIM request", id);
  return row;
}

function listed(row: ScimRequestRow) {
  return {
    object: "scim_request",
    id: row.id,
    directory_id: row.directory_id,
    created_at: new Date(row.at_ms).toISOString(),
    method: row.method,
    path: row.path,
    status: row.status,
    duration_ms: row.duration_ms,
    user_agent: row.user_agent,
    scim_error: row.status < 400 ? null : errorIn(row.response_body),
    replayable: row.is_whole === 1,
  };
}

/** What a refusal said, so that a list shows why. */
function errorIn(body: string | null): { readonly scimType: string | null; readonly detail: string } | null {
  try {
    const { scimType = null, detail } = JSON.parse(body ?? "") as { scimType?: string | null; detail?: unknown };
    return typeof detail === "string" ? { scimType, detail } : null;
  } catch {
    return null;
  }
}

async function filterOf(data: Data, query: URLSearchParams): Promise<ScimRequestFilter> {
  const directoryId = query.get("directory");
  const range = rangeOf(query.get("status"));
  if (directoryId === null) return range;
  const directory = await data.directories.find(directoryId);
  if (directory === undefined) throw notFound("Directory", directoryId);
  return { ...range, directorySeq: directory.seq };
}

/** `409`, or `4xx` for all that begin so. */
function rangeOf(status: string | null): ScimRequestFilter {
  if (status === null) return { statusFrom: 0, statusTo: 999 };
  if (/^[1-5]\d\d$/u.test(status)) return { statusFrom: Number(status), statusTo: Number(status) };
  if (/^[1-5]xx$/iu.test(status)) {
    const hundreds = Number(status[0]) * 100;
    return { statusFrom: hundreds, statusTo: hundreds + 99 };
  }
  const message = "status must be a status such as 409, or 4xx for all of a kind.";
  throw validationFailed([{ code: "invalid", field: "status", message }]);
}

const refusals: ReadonlySet<string> = new Set(["not_replayable", "directory_gone", "dry_run_unsupported"]);

function problemOf(error: unknown): unknown {
  if (!isDirsyncError(error) || !refusals.has(error.code)) return error;
  return new HttpProblem(409, { code: error.code, message: error.message });
}
