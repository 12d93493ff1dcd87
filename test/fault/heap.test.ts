/**
 * A walk over more users of a real server than the heap of the process can hold: a million in `npm run test:fault`, and a
 * fifth in `npm test`, in a heap that a leak of as much for each user would not fit into either.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isWhole, readScale } from "./scale.ts";

const isLong = isWhole(readScale());
const usersTotal = isLong ? 1_000_000 : 200_000;
const pageSize = 100;
/** Far less than the users take, as the control shows. Seven are needed in any case. */
const heapMegabytesMax = isLong ? 48 : 16;
const timeoutMs = 240_000;

const stamps = { created_at: "2026-01-15T12:00:00.000Z", updated_at: "2026-01-15T12:00:00.000Z" };
const page = Array.from({ length: pageSize }, (_, index) => ({
  object: "directory_user",
  id: `directory_user_${index}`,
  directory_id: "directory_1",
  email: `person.${index}@example.com`,
  state: "active",
  ...stamps,
}));
const data = JSON.stringify(page);

const server = createServer((request, response) => {
  const end = Number(new URL(request.url ?? "", "http://x").searchParams.get("after") ?? 0) + pageSize;
  const after = end < usersTotal ? `"${end}"` : "null";
  response.writeHead(200, { "content-type": "application/json" });
  response.end(`{"object":"list","data":${data},"list_metadata":{"before":null,"after":${after}}}`);
});

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What a process with a small heap says at its end, and how it ended. */
async function walk(
  mode: "walk" | "keep",
): Promise<{ said: string; ended: number | string | null; complaint: string }> {
  const program = fileURLToPath(new URL("fixtures/walk-users.mjs", import.meta.url));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new Promise((resolve) => {
    const args = [`--max-old-space-size=${heapMegabytesMax}`, program, url, mode];
    execFile(process.execPath, args, (error, said, complaint) => {
      resolve({ said, ended: error === null ? 0 : (error.signal ?? error.code ?? null), complaint });
    });
  });
}

test(`${usersTotal} users are walked in a heap that cannot hold them`, { timeout: timeoutMs }, async () => {
  expect(await walk("walk")).toMatchObject({ said: String(usersTotal), ended: 0 });
});

test("(control) a walk that keeps them does not fit", { timeout: timeoutMs }, async () => {
  const { ended, complaint } = await walk("keep");
  expect(ended).not.toBe(0);
  expect(complaint).toContain("heap out of memory");
});
