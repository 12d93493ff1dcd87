import type { Context } from "../context.ts";
import type { Finding, Verdict } from "../doctor/check.ts";
import { checkConfiguration } from "../doctor/configuration.ts";
import { checkService } from "../doctor/service.ts";
import { checkState } from "../doctor/state.ts";
import { exitCodes } from "../exit-codes.ts";
import { createLogger } from "../logging.ts";
import { createOutput, type Output } from "../output.ts";
import { progressFor } from "../progress-for.ts";
import { readKey } from "../settings/access.ts";
import { type ConfigFlags, loadConfiguration } from "../settings/load.ts";
import { printable } from "../ui/printable.ts";

/** Flags of `dirsync doctor`, besides those of every setting. */
export interface DoctorFlags extends ConfigFlags {
  readonly json: boolean;
  readonly deep: boolean;
}

/** Looks at everything that `dirsync tail` needs, changes nothing, and says what to do about what it finds. */
export async function doctor(flags: DoctorFlags, context: Context): Promise<number> {
  const log = createLogger(context, { json: flags.json });
  const configuration = await loadConfiguration(flags, context);
  const { values, secrets, problems } = configuration;
  const apiKey = await readKey(secrets.apiKey, problems);
  const progress = progressFor(context, flags);
  const findings = [
    ...(await checkConfiguration(configuration, { context, log })),
    ...(await checkState(values.state, { isDeep: flags.deep, progress })),
    ...(await checkService({ baseUrl: values.baseUrl, apiKey, events: values.sourceEvents })),
  ];
  progress.clear();
  const output = createOutput(context, flags.json, { secrecy: "lookalikes" });
  const exitCode = findings.find(({ verdict }) => verdict === "failed")?.exitCode ?? exitCodes.done;
  if (flags.json) output.json({ ok: exitCode === exitCodes.done, exit_code: exitCode, checks: findings.map(toJson) });
  else show(findings, output);
  return exitCode;
}

function toJson({ check, verdict, detail, advice, differences }: Finding): unknown {
  return { check, verdict, detail, advice, ...(differences === undefined ? {} : { differences }) };
}

const words: Readonly<Record<Verdict, readonly [word: string, style: Parameters<Output["style"]>[0]]>> = {
  ok: ["ok", "green"],
  warning: ["warn", "yellow"],
  failed: ["FAIL", "red"],
  skipped: ["skip", "dim"],
};

function show(findings: readonly Finding[], output: Output): void {
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, verdict, detail, advice } of findings) {
    const [word, style] = words[verdict];
    output.line(`${output.style(style, word.padEnd(4))}  ${check.padEnd(width)}  ${printable(detail)}`);
    if (advice !== null) output.line(`${" ".repeat(width + 8)}${output.style("dim", "→")} ${advice}`);
  }
  const count = (verdict: Verdict): number => findings.filter((finding) => finding.verdict === verdict).length;
  output.line();
  output.line(
    `${count("ok")} fine, ${count("warning")} to look at, ${count("failed")} to mend, ${count("skipped")} skipped.`,
  );
}
