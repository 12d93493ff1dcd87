import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { ApiError, ConfigError, ConnectionError } from "@dirsync/sdk";
import type { Service } from "../settings/access.ts";
import { version } from "../version.ts";

/** The service copies a gigabyte in some seconds, before it answers. */
const answerMsMax = 15 * 60 * 1_000;

/**
 * Has the service make a backup, and writes it to a new file that only its owner may read. Not through the SDK, which
 * holds answers in memory: a backup may be larger than that.
 * @throws ConnectionError, ApiError; ConfigError when the file cannot be written
 */
export async function downloadBackup({ baseUrl, apiKey }: Service, file: string): Promise<void> {
  const answer = await ask(`${baseUrl}/backups`, apiKey.reveal());
  if (answer.status !== 200 || answer.body === null) throw await refusalOf(answer);
  const target = createWriteStream(file, { flags: "wx", mode: 0o600 });
  let writing: Error | null = null;
  // A pipeline rejects with whichever side failed, and only the file's own event tells which.
  target.on("error", (error) => {
    writing ??= (error as NodeJS.ErrnoException).syscall === undefined ? null : error;
  });
  try {
    // Fails when less comes than was announced.
    await pipeline(Readable.fromWeb(answer.body as ReadableStream), target);
  } catch (cause) {
    refuseUnwritten(writing);
    throw new ConnectionError("The backup ended early; nothing was written.", { code: "body_cut", cause });
  }
}

function refuseUnwritten(error: Error | null): void {
  if (error === null) return;
  const text = `The backup cannot be written: ${error.message}. Make room or name another file with --out; nothing was left there.`;
  throw new ConfigError(text, { where: "--out", cause: error });
}

async function ask(url: string, key: string): Promise<Response> {
  const headers = { Authorization: `Bearer ${key}`, "User-Agent": `dirsync-cli/${version}` };
  try {
    return await fetch(url, { method: "POST", headers, redirect: "error", signal: AbortSignal.timeout(answerMsMax) });
  } catch (cause) {
    throw new ConnectionError(`${url} does not answer.`, { code: "unreachable", cause });
  }
}

async function refusalOf(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  const said = saidIn(text);
  const advice = answer.status === 404 ? "It has no backups: only a Dirsync server makes them." : said.message;
  return new ApiError(`POST /backups was refused (${answer.status}): ${advice}`, {
    status: answer.status,
    code: said.code,
    requestId: answer.headers.get("x-request-id"),
    retryAfterMs: null,
    problems: [],
    bodyExcerpt: "",
    retryable: answer.status >= 500 || answer.status === 409,
  });
}

function saidIn(text: string): { readonly code: string; readonly message: string } {
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown };
    return { code: typeof code === "string" ? code : "unknown", message: typeof message === "string" ? message : "" };
  } catch {
    return { code: "unknown", message: "" };
  }
}
