import type { Check, Exchange, LoadReport, Rehearsal } from "@dirsync/idp";
import type { Output } from "../output.ts";
import { printable } from "../ui/printable.ts";

/** How much of a body is shown. */
const bodyCharactersMax = 240;
/** Failed checks that are told in full; the table has all of them. */
const failuresShownMax = 20;

/** One row for each check of a scenario, as soon as it is over. */
export function showRehearsal(rehearsal: Rehearsal, output: Output): void {
  if (output.isJson) return;
  const counts = countOf(rehearsal.checks);
  const mark = counts.failed > 0 ? output.style("red", "failed") : output.style("green", "passed");
  const sum = `${String(rehearsal.requests)} requests, ${String(rehearsal.durationMs)} ms`;
  output.line(
    `${output.style("bold", rehearsal.scenario)}  ${counts.passed === 0 && counts.failed === 0 ? "skipped" : mark}  ${output.style("dim", sum)}`,
  );
  output.table(rehearsal.checks, [
    { heading: "CHECK", cell: ({ name }) => name },
    { heading: "RESULT", cell: ({ outcome }) => resultWords[outcome] },
    { heading: "AFTER", cell: ({ step }) => step, isProse: true },
  ]);
  if (rehearsal.leftovers.length > 0) {
    output.line(`Could not be deleted, so delete it yourself: ${printable(rehearsal.leftovers.join(", "))}`);
  }
  output.line();
}

/** What failed, with everything needed to look into it, and the sum. */
export function showSummary(rehearsals: readonly Rehearsal[], output: Output): void {
  const failures = rehearsals.flatMap(({ scenario, checks }) => failedOf(checks).map((check) => ({ scenario, check })));
  for (const { scenario, check } of failures.slice(0, failuresShownMax)) showFailure(`${scenario}: `, check, output);
  const counts = countOf(rehearsals.flatMap(({ checks }) => checks));
  output.line(`${String(counts.passed)} passed · ${String(counts.failed)} failed · ${String(counts.skipped)} skipped`);
}

/** A load for people. */
export function showLoad(report: LoadReport, output: Output): void {
  for (const check of failedOf(report.checks)) showFailure("", check, output);
  const seconds = report.durationMs / 1000;
  const perSecond = (count: number): string => (seconds === 0 ? "-" : (count / seconds).toFixed(1));
  output.table(
    [report],
    [
      { heading: "USERS", cell: ({ users }) => users, align: "right" },
      { heading: "FAILED", cell: ({ failed }) => failed, align: "right" },
      { heading: "REQUESTS", cell: ({ requests }) => requests, align: "right" },
      { heading: "SECONDS", cell: () => seconds.toFixed(1), align: "right" },
      { heading: "USERS/S", cell: ({ users, failed }) => perSecond(users - failed), align: "right" },
      { heading: "REQUESTS/S", cell: ({ requests }) => perSecond(requests), align: "right" },
      { heading: "P50 MS", cell: ({ latencyMs }) => latencyMs.p50, align: "right" },
      { heading: "P95 MS", cell: ({ latencyMs }) => latencyMs.p95, align: "right" },
      { heading: "P99 MS", cell: ({ latencyMs }) => latencyMs.p99, align: "right" },
      { heading: "MAX MS", cell: ({ latencyMs }) => latencyMs.max, align: "right" },
    ],
  );
  if (report.leftovers > 0) output.line(`${String(report.leftovers)} accounts could not be deleted.`);
}

/** Rehearsals for programs. */
export function rehearsalsJson(rehearsals: readonly Rehearsal[], { target }: { readonly target: string }): unknown {
  return {
    provider: rehearsals[0]?.provider ?? null,
    target,
    seed: rehearsals[0]?.seed ?? 0,
    ...countOf(rehearsals.flatMap(({ checks }) => checks)),
    scenarios: rehearsals.map(({ scenario, checks, requests, durationMs, leftovers }) => ({
      scenario,
      requests,
      duration_ms: durationMs,
      leftovers,
      checks,
    })),
  };
}

/** A load for programs. */
export function loadJson(report: LoadReport, { target }: { readonly target: string }): unknown {
  const { latencyMs, durationMs, ...rest } = report;
  return { ...rest, target, duration_ms: durationMs, latency_ms: latencyMs };
}

const resultWords = { passed: "ok", failed: "FAILED", skipped: "skipped" } as const;

function failedOf(checks: readonly Check[]): readonly Check[] {
  return checks.filter(({ outcome }) => outcome === "failed");
}

function countOf(checks: readonly Check[]): { passed: number; failed: number; skipped: number } {
  const count = (wanted: Check["outcome"]): number => checks.filter(({ outcome }) => outcome === wanted).length;
  return { passed: count("passed"), failed: count("failed"), skipped: count("skipped") };
}

function showFailure(where: string, check: Check, output: Output): void {
  output.line(`${output.style("red", `${where}${check.name}`)}, after: ${printable(check.step)}`);
  for (const exchange of check.sent) output.line(`  sent      ${printable(tell(exchange))}`);
  output.line(`  expected  ${printable(check.expected)}`);
  output.line(`  got       ${printable(check.got)}`);
  output.line();
}

function tell({ method, path, body, status }: Exchange): string {
  const text = body === undefined ? "" : ` ${JSON.stringify(body)}`;
  const shown = text.length > bodyCharactersMax ? `${text.slice(0, bodyCharactersMax - 1)}…` : text;
  return `${method} ${path}${shown} -> ${status === null ? "no answer" : String(status)}`;
}
