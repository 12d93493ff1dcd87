import { subscribableEventNames } from "@dirsync/sdk";

/** An event as the service's log has it, read without our client. */
export interface LogEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** How to read the API. */
export interface ApiAccess {
  readonly url: string;
  readonly apiKey: string;
}

/** A list answer, reduced to what paging needs. */
interface ListAnswer {
  readonly data: readonly unknown[];
  readonly list_metadata: { readonly after: string | null };
}

/** GETs a path of the API. @throws Error for any status but 200, and what `fetch` throws when nobody answers. */
async function getJson(access: ApiAccess, path: string): Promise<unknown> {
  const response = await fetch(`${access.url}${path}`, { headers: { Authorization: `Bearer ${access.apiKey}` } });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`GET ${path} was answered with ${response.status}: ${text}`);
  return JSON.parse(text);
}

/** The path of a page of the log, oldest first. */
function eventsPath(after: string | null, limit: number): string {
  const query = new URLSearchParams({ events: subscribableEventNames.join(","), limit: String(limit), order: "asc" });
  if (after !== null) query.set("after", after);
  return `/events?${query.toString()}`;
}

/** The events of one page. */
export async function readEvents(
  access: ApiAccess,
  { after, limit }: { readonly after: string | null; readonly limit: number },
): Promise<readonly LogEvent[]> {
  const answer = (await getJson(access, eventsPath(after, limit))) as ListAnswer;
  return answer.data as readonly LogEvent[];
}

/** The whole log, in its order. */
export async function readLog(access: ApiAccess): Promise<readonly LogEvent[]> {
  const log: LogEvent[] = [];
  for (;;) {
    const page = await readEvents(access, { after: log.at(-1)?.id ?? null, limit: 100 });
    if (page.length === 0) return log;
    log.push(...page);
  }
}

/** All objects of a list endpoint. */
export async function readList(access: ApiAccess, path: string): Promise<readonly Record<string, unknown>[]> {
  const objects: Record<string, unknown>[] = [];
  let after: string | null = null;
  do {
    const cursor: string = after === null ? "" : `&after=${after}`;
    const answer = (await getJson(
      access,
      `${path}${path.includes("?") ? "&" : "?"}limit=100&order=asc${cursor}`,
    )) as ListAnswer;
    objects.push(...(answer.data as readonly Record<string, unknown>[]));
    after = answer.list_metadata.after;
  } while (after !== null);
  return objects;
}

/** JSON with sorted keys: equal values give equal text, however they were written. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  );
}
