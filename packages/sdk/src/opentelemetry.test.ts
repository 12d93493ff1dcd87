import { inspect } from "node:util";
import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DirectorySync } from "./client.ts";
import { apiKey, failure, hastyRuntime } from "./http/test-calls.ts";
import { json, listBody, serve } from "./http/test-server.ts";
import { openTelemetryHooks } from "./opentelemetry.ts";

let exporter: InMemorySpanExporter;

beforeEach(() => {
  exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterEach(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});

function clientOf(baseUrl: string): DirectorySync {
  return new DirectorySync({ apiKey, baseUrl, hooks: [openTelemetryHooks()], runtime: hastyRuntime().runtime });
}

describe("traces", () => {
  test("have a client span for every try, below the span of the app, and pass it on to the service", async () => {
    let count = 0;
    const server = await serve((_request, response) => {
      count += 1;
      if (count === 1) return json(response, { message: "later" }, 503, { "x-request-id": "req_1" });
      return json(response, listBody([]));
    });
    const parent = trace.getTracer("app").startSpan("app");
    await context.with(trace.setSpan(context.active(), parent), async () =>
      clientOf(server.url).directories.list().page(),
    );
    const [first, second] = exporter.getFinishedSpans();
    expect(exporter.getFinishedSpans()).toHaveLength(2);
    for (const span of [first, second]) {
      expect(span).toMatchObject({ name: "GET /directories", kind: SpanKind.CLIENT });
      expect(span?.parentSpanContext?.spanId).toBe(parent.spanContext().spanId);
      expect(span?.attributes).toMatchObject({
        "http.request.method": "GET",
        "url.template": "/directories",
        "server.address": "127.0.0.1",
        "server.port": Number(new URL(server.url).port),
      });
    }
    expect(first?.attributes).toMatchObject({
      "http.response.status_code": 503,
      "http.response.header.x-request-id": ["req_1"],
      "error.type": "server_error",
    });
    expect(first?.status.code).toBe(SpanStatusCode.ERROR);
    expect(second?.attributes).toMatchObject({ "http.response.status_code": 200, "http.request.resend_count": 1 });
    expect(second?.status.code).toBe(SpanStatusCode.UNSET);
    const sent = server.requests.map(({ headers }) => headers["traceparent"]);
    const { traceId } = parent.spanContext();
    expect(sent).toEqual([first, second].map((span) => `00-${traceId}-${span?.spanContext().spanId}-01`));
  });

  test("hold no key, id, query or body", async () => {
    const server = await serve((_request, response) => json(response, { message: `alice ${apiKey}` }, 404));
    const client = clientOf(server.url);
    await failure(client.users.get("directory_user_secret"));
    await failure(client.users.list({ directory: "d", email: "alice@example.com" }).page());
    const shown = inspect(
      exporter.getFinishedSpans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
      { depth: 9 },
    );
    expect(shown).toContain("/directory_users/{id}");
    for (const hidden of [apiKey, "alice", "directory_user_secret"]) expect(shown).not.toContain(hidden);
  });
});
