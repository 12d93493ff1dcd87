import { wrongUsageCode } from "./wrong-usage-code.ts";

const keyAdvice =
  "A key on the command line can be read by everybody on this machine: use DIRSYNC_API_KEY or --api-key-file.";

/** Exit code of a wrong flag or argument; commander's own default is 1, which callers take for a crash. */
export const usageExitCode = 2;

/** The same for programs, as every other error with `--json`. */
export function usageErrorLine(text: string): string {
  const message = usageError(text)
    .replace(/^error: /, "")
    .trim()
    .replaceAll("\n", " ");
  return `${JSON.stringify({ error: { code: wrongUsageCode, message, exit_code: usageExitCode } })}\n`;
}

/**
 * A complaint about the command line as it may be shown. Commander repeats an unknown flag together with its value,
 * and what people type there is often a key; so the value is left out, and who tried to pass a key learns how.
 */
export function usageError(text: string): string {
  const clean = withoutValue(text);
  return /'--?(?:api-?)?key'/i.test(clean) ? clean.replace("\n", `\n${keyAdvice}\n`) : clean;
}

/** A switch that was given a value is unknown to commander, which then suggests the very same switch, or nothing. */
function withoutValue(text: string): string {
  const clean = text.replace(/'(--?[^'=\s]+)=.*'/, "'$1'");
  const [, flag] = /unknown option '(--?[^'=\s]+)=/.exec(text) ?? [];
  const others = clean.replace(`(Did you mean ${flag}?)\n`, "");
  const hasHint = /\(Did you mean/.test(others) || /'--?(?:api-?)?key'/i.test(others);
  return flag === undefined || hasHint ? clean : others.replace("\n", "\n(a switch takes no value)\n");
}
