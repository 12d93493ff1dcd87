import { Hono } from "hono";
import * as z from "zod";
import { issueToken, revokeToken, rotateToken, tokensMax } from "../directory/tokens.ts";
import { toDirectoryToken } from "../directory/objects.ts";
import { createOnce } from "../http/create-once.ts";
import { readJson } from "../http/limits.ts";
import { HttpProblem, notFound } from "../http/problem.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import type { Data } from "../store/model.ts";
import type { DirectoryRow, DirectoryTokenRow } from "../store/tables.ts";
import { parseBody } from "./bodies.ts";
import { listBody } from "./paging.ts";

const secondsMax = { expiry: 10 * 365 * 24 * 60 * 60, overlap: 30 * 24 * 60 * 60 };
const overlapSecondsDefault = 24 * 60 * 60;

/** Body of `POST /directories/:id/tokens`. */
export const tokenDraft = z.strictObject({
  name: z.string().trim().min(1).max(100).default("Token"),
  scope: z.enum(["provisioning", "read_only"]).default("provisioning"),
  expires_in_seconds: z.int().min(60).max(secondsMax.expiry).nullable().default(null),
});

/** Body of `POST /directories/:id/tokens/:token/rotate`. */
export const tokenRotation = z.strictObject({
  overlap_seconds: z.int().min(0).max(secondsMax.overlap).default(overlapSecondsDefault),
});

/**
 * `/directories/:id/tokens`, which is ours: what identity providers authenticate with. A token is in the answer to its
 * creation and nowhere else.
 */
export function directoryTokenRoutes(services: Services): Hono<{ Variables: RequestVariables }> {
  const { store, ids, tokens } = services;
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.get("/:id/tokens", async (context) => {
    const id = context.req.param("id");
    const { directory, rows } = await store.read(async (data) => {
      const found = await existing(data, id);
      return { directory: found, rows: await data.directoryTokens.ofDirectory(found.seq) };
    });
    const objects = rows.map((row) => JSON.stringify(shown(services, directory, row)));
    const body = listBody(objects, { before: null, after: null });
    return context.body(body, 200, { "Content-Type": "application/json" });
  });
  app.post("/:id/tokens", async (context) => {
    const asked = await readJson(context.req.raw);
    const { name, scope, expires_in_seconds: seconds } = parseBody(tokenDraft, asked);
    const answer = await createOnce(services, { context, body: asked }, async (data) => {
      const directory = await existing(data, context.req.param("id"));
      await refuseTooMany(data, directory);
      const expiresMs = seconds === null ? null : ids.clockMs() + seconds * 1_000;
      const { row, token } = await issueToken(data, ids, { directory, name, scope, expiresMs });
      return { ...shown(services, directory, row), token };
    });
    tokens.expiryChanged();
    return answer;
  });
  app.post("/:id/tokens/:token/rotate", async (context) => {
    const asked = await readJson(context.req.raw);
    const overlapMs = parseBody(tokenRotation, asked).overlap_seconds * 1_000;
    const answer = await createOnce(services, { context, body: asked }, async (data) => {
      const directory = await existing(data, context.req.param("id"));
      const before = await tokenOf(data, directory, context.req.param("token"));
      if (overlapMs > 0) await refuseTooMany(data, directory);
      const { issued, previousExpiresMs } = await rotateToken(data, ids, { directory, token: before, overlapMs });
      const previous = { id: before.id, expires_at: timeText(previousExpiresMs) };
      return { ...shown(services, directory, issued.row), token: issued.token, previous };
    });
    tokens.expiryChanged();
    return answer;
  });
  app.delete("/:id/tokens/:token", async (context) => {
    await store.write(async (data) => {
      const directory = await existing(data, context.req.param("id"));
      const token = await tokenOf(data, directory, context.req.param("token"));
      await revokeToken(data, ids, { directory, token });
    });
    return context.body(null, 204);
  });
  return app;
}

function shown({ tokens }: Services, directory: DirectoryRow, row: DirectoryTokenRow) {
  return {
    ...toDirectoryToken(directory, row),
    name: row.name,
    scope: row.scope,
    last_used_at: timeText(tokens.lastUsedMs(row)),
    expires_at: timeText(row.expires_at_ms),
  };
}

function timeText(timeMs: number | null): string | null {
  return timeMs === null ? null : new Date(timeMs).toISOString();
}

async function existing(data: Data, id: string): Promise<DirectoryRow> {
  const directory = await data.directories.find(id);
  if (directory === undefined) throw notFound("Directory", id);
  return directory;
}

async function tokenOf(data: Data, directory: DirectoryRow, id: string): Promise<DirectoryTokenRow> {
  const tokens = await data.directoryTokens.ofDirectory(directory.seq);
  const token = tokens.find((each) => each.id === id);
  if (token === undefined) throw notFound("Directory token", id);
  return token;
}

async function refuseTooMany(data: Data, directory: DirectoryRow): Promise<void> {
  if ((await data.directoryTokens.ofDirectory(directory.seq)).length < tokensMax) return;
  const message = `${directory.id} has ${String(tokensMax)} tokens, which is the most; revoke one that is not used any more.`;
  throw new HttpProblem(409, { code: "too_many_tokens", message });
}
