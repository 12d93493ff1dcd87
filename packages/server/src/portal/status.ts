import type { Services } from "../http/services.ts";
import type { Data } from "../store/model.ts";
import type { DirectoryRow } from "../store/tables.ts";

/** One thing to be seen on the way to a directory that works. */
export interface StatusItem {
  readonly id: "connection" | "first_user" | "totals" | "refused";
  readonly state: "waiting" | "done" | "wrong";
  readonly text: string;
}

/** What has come from the provider so far: by the use of the directory's tokens, and by what is in the directory. */
export async function statusOf(services: Services, data: Data, directory: DirectoryRow): Promise<StatusItem[]> {
  const { tokens } = services;
  const uses = (await data.directoryTokens.ofDirectory(directory.seq)).map((token) => tokens.lastUsedMs(token) ?? 0);
  const usedMs = Math.max(0, ...uses);
  const refusedMs = tokens.refusedMs(directory.external_key) ?? 0;
  const [first] = await data.directory(directory.seq).users.after(0, 1);
  return [
    connectionItem(usedMs),
    ...(refusedMs > usedMs ? [refusedItem(refusedMs)] : []),
    firstUserItem(first?.created_at ?? null),
    totalsItem(directory),
  ];
}

function connectionItem(usedMs: number): StatusItem {
  return usedMs === 0
    ? { id: "connection", state: "waiting", text: "Waiting for the connection test, or the first request" }
    : { id: "connection", state: "done", text: `Connection received; the last request came at ${timeOf(usedMs)}` };
}

function refusedItem(refusedMs: number): StatusItem {
  const text = `A request with a wrong token was refused at ${timeOf(refusedMs)}: copy the token once more`;
  return { id: "refused", state: "wrong", text };
}

function firstUserItem(createdAt: string | null): StatusItem {
  return createdAt === null
    ? { id: "first_user", state: "waiting", text: "Waiting for the first user" }
    : { id: "first_user", state: "done", text: `First user synced at ${timeOf(Date.parse(createdAt))}` };
}

function totalsItem({ users_active: active, users_inactive: inactive, groups }: DirectoryRow): StatusItem {
  const users = active + inactive;
  const text = `${amount(users, "user")}, ${amount(groups, "group")} in the directory`;
  return { id: "totals", state: users + groups > 0 ? "done" : "waiting", text };
}

function amount(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** The time of the day, with its date for who comes back later. */
function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
