import type { Goal, Metric } from "./benchmark.ts";
import type { Outcome } from "./run-benchmark.ts";
import { factor, summarize, type Verdict, valuesOf } from "./statistics.ts";

/** What a run came to, as a Markdown table for each metric and a line for each goal. */
export function report(outcome: Outcome): string {
  const { benchmark, verdicts } = outcome;
  const tables = Object.entries(benchmark.metrics).map(([name, metric]) => tableOf(outcome, name, metric));
  const goals = verdicts.map((verdict) => `- ${sentenceOf(verdict, benchmark.metrics[verdict.metric])}`);
  return [`### ${benchmark.name}: ${benchmark.title}`, ...tables, goals.join("\n")].join("\n\n");
}

function tableOf({ benchmark, samples }: Outcome, name: string, metric: Metric): string {
  const limit = benchmark.cases.find(({ role }) => role === "limit");
  const rows = benchmark.cases.map((each) => {
    const values = valuesOf(samples, each.name, name);
    const { median, min, max } = summarize(values, metric);
    const cells = [each.name, figure(median), `${figure(min)}..${figure(max)}`];
    if (limit === undefined) return cells;
    const toLimit = factor(values, valuesOf(samples, limit.name, name), metric);
    return [...cells, toLimit.median.toFixed(3), toLimit.best.toFixed(3)];
  });
  const head = [metric.unit, "median", "min..max"];
  return align([limit === undefined ? head : [...head, "to limit", "best to best"], ...rows]);
}

function sentenceOf(verdict: Verdict, metric: Metric | undefined): string {
  const reached = verdict.to === undefined ? figure(verdict.reached) : `${verdict.reached.toPrecision(3)}×`;
  const by = verdict.to !== undefined && metric?.judgedBy === "best" ? " best to best" : "";
  return `${goalOf(verdict, metric)}: ${reached}${by}, ${verdict.isMet ? "met" : "**missed**"}`;
}

function goalOf({ of, to, bound }: Goal, metric: Metric | undefined): string {
  const sign = metric?.better === "more" ? "≥" : "≤";
  return to === undefined
    ? `${of} ${sign} ${figure(bound)} ${metric?.unit}`
    : `${of} ${sign} ${bound}× ${to} (${metric?.unit})`;
}

/** Four digits that count, with separators between thousands. */
function figure(value: number): string {
  const digits = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : 3;
  const fixed = value.toFixed(digits);
  return value >= 1000 ? fixed.replace(/\B(?=(?:\d{3})+$)/g, ",") : fixed;
}

function align(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(head), rule, ...rows.slice(1).map(line)].join("\n");
}
