import { describe, expect, test } from "vitest";
import { DirectorySync } from "../client.ts";
import { json, listBody, serve } from "../http/test-server.ts";

const start = Date.parse("2026-01-15T12:00:00.000Z");

function event(number: number, name = "dsync.user.created") {
  const createdAt = new Date(start + number * 1000).toISOString();
  return { object: "event", id: `event_${number}`, event: name, data: { id: `u${number}` }, created_at: createdAt };
}

describe("the events log", () => {
  test("is read oldest first, page by page, with order and limit on every request", async () => {
    const server = await serve((request, response) => {
      const after = request.query.get("after");
      json(response, after === null ? listBody([event(1), event(2)], "event_2") : listBody([event(3)]));
    });
    const client = new DirectorySync({ apiKey: "sk_test", baseUrl: server.url });
    const ids: string[] = [];
    for await (const { id } of client.events.list({ events: ["dsync.user.created", "dsync.deleted"] })) ids.push(id);
    expect(ids).toEqual(["event_1", "event_2", "event_3"]);
    expect(server.requests.map((request) => request.target)).toEqual([
      "/events?events=dsync.user.created%2Cdsync.deleted&limit=100&order=asc",
      "/events?events=dsync.user.created%2Cdsync.deleted&after=event_2&limit=100&order=asc",
    ]);
  });
});
