/** What benchmarks of the server share: who is asked, how, and what is told of it. */
import { createServer } from "@dirsync/server";
import type { Metric, Sample, Scale } from "./harness/benchmark.ts";
import { cpuSecondsSince } from "./harness/throughput.ts";
import { type LoadedRequest, send } from "./load-service.ts";
import { type ScimServer, token } from "./scim-servers.ts";
import type { Seeded } from "./server-seed.ts";

const connections = 16;

/** Requests of one sample. */
export function requestsAt(scale: Scale): number {
  return scale === "full" ? 2_000 : 20;
}

/** Where a server listens, and what it is to be shown. */
export type Target = Pick<ScimServer, "port" | "token">;

/** Requests of one kind, and how each is to be answered. */
export interface Call {
  readonly method: string;
  readonly status: string;
  readonly requests: readonly LoadedRequest[];
}

/** Sends requests over 16 connections. @throws Error when one is answered with another status */
export async function measure(url: string, target: Target, { method, status, requests }: Call): Promise<Sample> {
  const before = process.cpuUsage();
  const { port, token: bearer } = target;
  const { seconds, statuses } = await send(url, { port, token: bearer, connections, method, requests });
  if (statuses[status] !== requests.length) {
    throw new Error(`Of ${requests.length} answers all should be ${status}: ${JSON.stringify(statuses)}`);
  }
  return { perSecond: requests.length / seconds, perCpuSecond: requests.length / cpuSecondsSince(before) };
}

/** Asks once: a GET, or a POST where there is a body. */
export async function ask({ port, token: bearer }: Target, path: string, body?: object): Promise<Response> {
  const headers = { authorization: `Bearer ${bearer}`, "content-type": "application/scim+json" };
  const sent = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
  return fetch(`http://127.0.0.1:${port}${path}`, sent);
}

/** Ours, on a file that was filled before. */
export async function serveSeeded({ dataFile }: Seeded): Promise<Target> {
  const server = await createServer({ dataFile, apiKey: token });
  const { url } = await server.listen({ port: 0, host: "127.0.0.1" });
  return { port: Number(new URL(url).port), token };
}

const perSecond: Metric = { unit: "answers per second", better: "more", judgedBy: "best" };
const perCpuSecond: Metric = { unit: "answers per CPU second of the server", better: "more", judgedBy: "median" };
/** What each sample tells. */
export const metrics = { perSecond, perCpuSecond };
