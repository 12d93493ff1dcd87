/** What an app does with the SDK, on any runtime: it receives webhooks and asks the service. */
import { ApiError, ConfigError, DirectorySync, isDirsyncError, SignatureError } from "@dirsync/sdk";
import * as webhooks from "@dirsync/sdk/webhooks";
import { explain } from "@dirsync/sdk/webhooks/explain";
import { signedHeaders, signedRequest, testEvent } from "@dirsync/sdk/webhooks/signing";

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
  /** What another entry finds in a webhook's error. */
  readonly explained: readonly string[];
  /** Errors that an entry threw and that are no instance of the class another entry has for them. */
  readonly strangers: readonly string[];
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
    explained: await explainStale(),
    strangers: await findStrangers(),
  };
}

const secret = `whsec_${"c2VjcmV0".repeat(4)}`;
const leaver = testEvent("dsync.user.deleted");

async function receiveBoth(): Promise<readonly string[]> {
  const requests = [
    await signedRequest(leaver, { secret }),
    await signedRequest(leaver, { secret, scheme: "standard" }),
  ];
  // What stops the program is what stops a reception, on every runtime.
  const { signal } = new AbortController();
  return await Promise.all(
    requests.map(async (request) => (await webhooks.receive(request, { secret, signal })).event),
  );
}

async function receiveChanged(): Promise<string> {
  const request = await signedRequest(leaver, { secret });
  const changed = new Request(request.url, {
    method: "POST",
    headers: request.headers,
    body: (await request.text()).replace("deleted", "created"),
  });
  return await failureOf(webhooks.receive(changed, { secret }));
}

async function useWrongKey(baseUrl: string): Promise<string> {
  return await failureOf(new DirectorySync({ apiKey: "sk_wrong", baseUrl }).directories.list().page());
}

async function explainStale(): Promise<readonly string[]> {
  const stale = await signedRequest(leaver, { secret, timestampMs: Date.now() - 3_600_000 });
  const failure = await webhooks.receive(stale, { secret }).catch((error: unknown) => error);
  return (await explain(failure)).findings.map(({ cause }) => cause);
}

/** Makes each entry throw, and holds what it threw against the class of another. */
async function findStrangers(): Promise<readonly string[]> {
  const unsigned = new Request("http://127.0.0.1/", { method: "POST", body: "{}" });
  const mistakes: readonly [string, () => unknown, new (...all: never[]) => Error][] = [
    ["client", () => new DirectorySync({ apiKey: "sk_test", baseUrl: "nowhere" }), webhooks.ConfigError],
    ["webhooks", () => webhooks.receive(unsigned, { secret }), SignatureError],
    ["signing", () => signedHeaders({ payload: "{}", secret: "", timestampMs: 1 }), webhooks.SignatureError],
    ["signing, of the client", () => signedHeaders({ payload: "{}", secret, timestampMs: 0.5 }), ConfigError],
  ];
  const strangers: string[] = [];
  for (const [entry, make, expected] of mistakes) {
    const error = await Promise.resolve()
      .then(make)
      .catch((failure: unknown) => failure);
    if (!(error instanceof expected)) strangers.push(`${entry}: ${String(error)}`);
  }
  return strangers;
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
