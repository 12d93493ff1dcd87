/**
 * Traces of a client's calls with OpenTelemetry, for those who have `@opentelemetry/api` installed. Nothing else of this
 * package loads it.
 */
import { context, propagation, SpanKind, SpanStatusCode, trace, type Span, type Tracer } from "@opentelemetry/api";
import type { AttemptFacts, RequestHooks } from "./http/hooks.ts";
import { version } from "./version.ts";

/** How calls are traced. */
export interface OpenTelemetryOptions {
  /** Default the tracer `@dirsync/sdk` of the globally registered provider. */
  readonly tracer?: Tracer | undefined;
}

/**
 * Hooks that make a client span of every try, as a child of the active span, and pass the trace on to the service
 * (`traceparent`, or whatever propagation is registered). Attributes are those of the HTTP client conventions
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans, 1.3x); of the path only the template is shown, so that
 * no id, query, body or key enters a trace.
 */
export function openTelemetryHooks(options: OpenTelemetryOptions = {}): RequestHooks {
  const tracer = options.tracer ?? trace.getTracer("@dirsync/sdk", version);
  const spans = new WeakMap<AttemptFacts, Span>();
  return {
    onRequest(attempt) {
      const span = tracer.startSpan(`${attempt.method} ${attempt.path}`, {
        kind: SpanKind.CLIENT,
        attributes: attributesOf(attempt),
      });
      spans.set(attempt, span);
      const headers: Record<string, string> = {};
      propagation.inject(trace.setSpan(context.active(), span), headers);
      return headers;
    },
    onResponse(attempt, { status, requestId, errorCode, bodyBytes }) {
      const span = spans.get(attempt);
      if (span === undefined) return;
      if (status !== null) span.setAttribute("http.response.status_code", status);
      if (requestId !== null) span.setAttribute("http.response.header.x-request-id", [requestId]);
      span.setAttribute("http.response.body.size", bodyBytes);
      if (errorCode !== null) {
        span.setAttribute("error.type", errorCode);
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}

function attributesOf(attempt: AttemptFacts): Record<string, string | number> {
  const { hostname, port, protocol } = new URL(attempt.baseUrl);
  return {
    "http.request.method": attempt.method,
    "url.template": attempt.path,
    "server.address": hostname,
    "server.port": port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
    ...(attempt.attempt > 1 ? { "http.request.resend_count": attempt.attempt - 1 } : {}),
  };
}
