import { Readable } from "node:stream";
import { isDirsyncError } from "@dirsync/sdk";
import { Hono } from "hono";
import { HttpProblem } from "../http/problem.ts";
import type { RequestVariables, Services } from "../http/services.ts";
import { fingerprintOf } from "../webhooks/secrets.ts";

/**
 * `POST /backups`, which is ours: the whole database as it is at one moment, as an SQLite file. Secrets are in it as they
 * are stored, encrypted or as digests; `Dirsync-Key-Fingerprint` tells which encryption key opens them.
 */
export function backupRoutes({ backups, config }: Services): Hono<{ Variables: RequestVariables }> {
  const app = new Hono<{ Variables: RequestVariables }>({ strict: false });
  app.post("/", async (context) => {
    const { stream, bytes, madeAt } = await backups.make().catch((error: unknown) => {
      throw problemOf(error);
    });
    return context.body(Readable.toWeb(stream as Readable) as ReadableStream, 200, {
      "Content-Type": "application/vnd.sqlite3",
      "Content-Length": String(bytes),
      "Cache-Control": "no-store",
      "Dirsync-Backup-Made-At": madeAt,
      "Dirsync-Key-Fingerprint": fingerprintOf(config.encryptionKeys[0]),
    });
  });
  return app;
}

function problemOf(error: unknown): unknown {
  if (!isDirsyncError(error) || error.code !== "backup_under_way") return error;
  return new HttpProblem(409, { code: error.code, message: error.message });
}
