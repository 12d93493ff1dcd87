import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type DirsyncServer } from "@dirsync/server";
import { requestBy, requests, type ScimAccess } from "../support/scim-request.ts";

/** Who is in a service before it is started. */
export interface Staffing {
  readonly apiKey: string;
  /** Names of its directories. */
  readonly directories: readonly string[];
  /** In all of them together. */
  readonly people: number;
}

/** A directory with people in it. */
export interface StaffedDirectory {
  /** Below the address of the service. */
  readonly scimPath: string;
  readonly token: string;
  /** Ids of its users. */
  readonly staff: string[];
}

const perGroup = 50;
/** Nobody listens there: the requests are handed to the service. */
const nowhere = "http://service.invalid";

/**
 * Makes the data file of a service whose people have come by SCIM requests, without a network and, where that is possible,
 * without a disk between: over these, 50,000 people cost three times as much.
 */
export async function makeStaffed(dataFile: string, staffing: Staffing): Promise<readonly StaffedDirectory[]> {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "dirsync-staffed-"));
  try {
    const made = join(folder, "server.db");
    const server = await createServer({ dataFile: made, apiKey: staffing.apiKey });
    const directories: StaffedDirectory[] = [];
    for (const name of staffing.directories) directories.push(await staffedDirectory(server, name, staffing));
    await server.close();
    copyFileSync(made, dataFile);
    return directories;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function staffedDirectory(
  server: DirsyncServer,
  name: string,
  { apiKey, directories, people }: Staffing,
): Promise<StaffedDirectory> {
  const response = await server.fetch(
    new Request(`${nowhere}/directories`, {
      method: "POST",
      headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
      body: JSON.stringify({ name, type: "generic scim v2.0", soft_delete: false }),
    }),
  );
  const { scim } = (await response.json()) as { scim: { base_url: string; bearer_token: string } };
  const access = { scimUrl: scim.base_url, token: scim.bearer_token, send: server.fetch };
  const staff: string[] = [];
  const wanted = people / directories.length;
  while (staff.length < wanted) {
    // All of a group at once: they share a commit, of which each would else have its own.
    const members = await Promise.all(
      Array.from({ length: Math.min(perGroup, wanted - staff.length) }, (_, index) =>
        created(access, requests.createUser(`${name}-staff-${staff.length + index}@example.com`, "t0")),
      ),
    );
    const group = await created(access, requests.createGroup(`${name}-staff-${staff.length}`));
    await requestBy(access, requests.addMembers(group, members));
    staff.push(...members);
  }
  return { scimPath: new URL(access.scimUrl).pathname, token: access.token, staff };
}

async function created(access: ScimAccess, call: Parameters<typeof requestBy>[1]): Promise<string> {
  const { status, body } = await requestBy(access, call);
  if (status !== 201) throw new Error(`${call.method} ${call.path}: ${status} ${body}`);
  return (JSON.parse(body) as { id: string }).id;
}
