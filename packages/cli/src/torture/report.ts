import type { Output } from "../output.ts";
import { amount } from "../ui/amount.ts";
import { printable } from "../ui/printable.ts";
import { adviceFor, describeFault, verdictWords } from "./advice.ts";
import type { Finding, LogEntry } from "./model.ts";
import type { Result } from "./suite.ts";

/** What a report needs besides the result. */
export interface ReportOptions {
  readonly seed: number;
  /** The command line that found it, without seed and run. */
  readonly command: string;
}

/** Most differences of one finding that are shown. */
const differencesMax = 5;
const valueCharactersMax = 160;
const lineCharacters = 100;

/** Shows what was found, for people. */
export function showReport(result: Result, options: ReportOptions, output: Output): void {
  for (const [index, finding] of result.findings.entries()) {
    output.line(heading(finding, index, output));
    output.line();
    showSequence(finding, output);
    if (finding.trouble !== null) {
      output.line(`  event ${finding.trouble.at}  ${printable(finding.trouble.message).replaceAll("\n", "\n  ")}`);
    }
    showDifferences(finding, output);
    output.line();
    for (const line of wrap(adviceFor(finding))) output.line(`  ${line}`);
    output.line(output.style("dim", `  ${replay(finding, options)}`));
    output.line();
  }
  showSummary(result, options, output);
}

/** The same for programs. */
export function reportJson({ findings, runs, events, hasHarness, end }: Result, options: ReportOptions): unknown {
  return {
    seed: options.seed,
    runs,
    events,
    end,
    snapshot: hasHarness,
    lost: count(findings, "lost"),
    duplicated: count(findings, "duplicated"),
    out_of_order: count(findings, "out_of_order"),
    findings: findings.map((finding) => ({
      verdict: finding.verdict,
      run: finding.run,
      replay: replay(finding, options),
      message: finding.trouble?.message ?? null,
      events: finding.plan.entries.map(({ seq, event }) => ({
        seq,
        id: event.id,
        event: event.event,
        about: about(event),
      })),
      faults: finding.plan.faults,
      injected: finding.plan.faults.map(
        (fault) => `event ${fault.at}: ${describeFault(fault, finding.traces.get(fault.at))}`,
      ),
      differences: finding.differences.map(({ path, kind, expected, actual }) => ({
        path,
        kind,
        expected: expected ?? null,
        actual: actual ?? null,
      })),
      advice: adviceFor(finding),
    })),
  };
}

/** The export that is missing, ready to be pasted. */
const harnessExample = [
  'import type { TortureHarness } from "@dirsync/cli";',
  "export const torture: TortureHarness = {",
  '  reset: () => db.exec("DELETE FROM accounts"),',
  '  snapshot: () => db.prepare("SELECT id, email, access FROM accounts").all(),',
  "};",
] as const;

function heading({ verdict, plan, trouble }: Finding, index: number, output: Output): string {
  const places = new Set(trouble === null ? plan.faults.map(({ at }) => at) : [trouble.at]);
  const names = plan.entries.filter(({ seq }) => places.has(seq)).map(({ event }) => event.event);
  const words = output.style("bold", output.style("red", verdictWords[verdict]));
  return `${index + 1}. ${words}  ${[...new Set(names)].join(", ")}`;
}

function showSequence({ plan, traces }: Finding, output: Output): void {
  output.table(plan.entries, [
    { heading: "   #", cell: ({ seq }) => seq, align: "right" },
    { heading: "EVENT", cell: ({ event }) => event.event },
    { heading: "ABOUT", cell: ({ event }) => about(event), isProse: true },
  ]);
  for (const fault of plan.faults) {
    output.line(
      `  event ${fault.at}  ${output.style("yellow", printable(describeFault(fault, traces.get(fault.at))))}`,
    );
  }
}

function showDifferences({ differences }: Finding, output: Output): void {
  for (const { path, kind, expected, actual } of differences.slice(0, differencesMax)) {
    output.line(`  ${printable(path)}`);
    if (kind !== "extra") output.line(output.style("green", `    - should be  ${show(expected)}`));
    if (kind !== "missing") output.line(output.style("red", `    + is         ${show(actual)}`));
  }
  if (differences.length > differencesMax) output.line(`  and ${differences.length - differencesMax} more differences`);
}

function showSummary(
  { findings, runs, events, hasHarness, end }: Result,
  { seed }: ReportOptions,
  output: Output,
): void {
  const others = findings.filter(({ trouble }) => trouble !== null).length;
  const counts = [
    `lost ${count(findings, "lost")}`,
    `duplicated ${count(findings, "duplicated")}`,
    `out of order ${count(findings, "out_of_order")}`,
    `other ${others}`,
  ];
  const style = findings.length === 0 ? "green" : "red";
  output.line(`${output.style(style, counts.join(" · "))}  (${amount(runs, "run")} of ${events} events, seed ${seed})`);
  if (end === "first_mend") output.line("It went no further: with this, every other run would fail, too.");
  if (end === "enough") output.line("It stopped here: mend these first, then run it again.");
  if (end === "stopped") output.line("It was stopped before all runs were made.");
  if (hasHarness) return;
  output.line();
  output.line(
    "Without a snapshot of the app, only crashes, hangs and errors are seen: a lost or repeated effect is not.",
  );
  output.line("Add this to the module, with your own tables:");
  output.line();
  for (const line of harnessExample) output.line(`  ${line}`);
}

function count(findings: readonly Finding[], verdict: Finding["verdict"]): number {
  return findings.filter((finding) => finding.verdict === verdict).length;
}

function replay({ run }: Finding, { command, seed }: ReportOptions): string {
  return `${command} --seed ${seed} --only ${run}`;
}

/** Whom an event is about, as people know them. */
function about({ data }: LogEntry["event"]): string {
  const { email, name, user, group } = data;
  const ends = [user, group].map((end) => (typeof end === "object" && end !== null ? nameOf(end) : null));
  const known = ends.filter((end) => end !== null);
  return known.length > 0 ? known.join(" in ") : nameOf({ email, name });
}

function nameOf(thing: { readonly email?: unknown; readonly name?: unknown }): string {
  return [thing.email, thing.name].find((value): value is string => typeof value === "string") ?? "";
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return printable(text.length > valueCharactersMax ? `${text.slice(0, valueCharactersMax - 1)}…` : text);
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length >= lineCharacters) lines.push(word);
    else lines.splice(-1, 1, line === "" ? word : `${line} ${word}`);
  }
  return lines;
}
