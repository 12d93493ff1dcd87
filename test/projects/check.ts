/** What an app does with the SDK, on any runtime: it receives webhooks and asks the service. */
import { ApiError, DirectorySync, isDirsyncError } from "@dirsync/sdk";
import { receive } from "@dirsync/sdk/webhooks";
import { signedRequest, testEvent } from "@dirsync/sdk/webhooks/signing";

/** A service with a directory in it. */
export interface Service {
  readonly baseUrl: string;
  readonly apiKey: string;
}

/** What the app saw. The same on every runtime, for the same service. */
export interface Report {
  /** Name of the event in a webhook that was received, in either scheme. */
  readonly received: readonly string[];
  /** Why a changed webhook was refused, as a log would show it. */
  readonly refused: string;
  /** E-mail addresses, by two pages and more. */
  readonly users: readonly string[];
  /** Names of the events in the log. */
  readonly log: readonly string[];
  /** What a wrong key came to. */
  readonly wrongKey: string;
}

/** Does everything once. */
export async function check({ baseUrl, apiKey }: Service): Promise<Report> {
  const client = new DirectorySync({ apiKey, baseUrl });
  const [directory] = await client.directories.list().toArray({ max: 1 });
  if (directory === undefined) throw new Error("The service has no directory.");
  const users: string[] = [];
  for await (const user of client.users.list({ directory: directory.id, limit: 2 })) users.push(user.email ?? "nobody");
  const log: string[] = [];
  for await (const event of client.events.iterate({ events: ["dsync.activated", "dsync.user.created"], limit: 2 })) {
    log.push(event.event);
  }
  return {
    received: await receiveBoth(),
    refused: await receiveChanged(),
    users,
    log,
    wrongKey: await useWrongKey(baseUrl),
  };
}

const secret = `whsec_${"c2VjcmV0".repeat(4)}`;
const leaver = testEvent("dsync.user.deleted");

async function receiveBoth(): Promise<readonly string[]> {
  const requests = [
    await signedRequest(leaver, { secret }),
    await signedRequest(leaver, { secret, scheme: "standard" }),
  ];
  return await Promise.all(requests.map(async (request) => (await receive(request, { secret })).event));
}

async function receiveChanged(): Promise<string> {
  const request = await signedRequest(leaver, { secret });
  const changed = new Request(request.url, {
    method: "POST",
    headers: request.headers,
    body: (await request.text()).replace("deleted", "created"),
  });
  return await failureOf(receive(changed, { secret }));
}

async function useWrongKey(baseUrl: string): Promise<string> {
  return await failureOf(new DirectorySync({ apiKey: "sk_wrong", baseUrl }).directories.list().page());
}

/** By name, class and brand, all of which must survive a minifier. */
async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "no failure";
  } catch (error) {
    if (!isDirsyncError(error)) throw error;
    return [error.name, error.code, error instanceof ApiError ? error.status : "", error.retryable].join(" ");
  }
}
