const keyAdvice =
  "A key on the command line can be read by everybody on this machine: use DIRSYNC_API_KEY or --api-key-file.";

/**
 * A complaint about the command line as it may be shown. Commander repeats an unknown flag together with its value,
 * and what people type there is often a key; so the value is left out, and who tried to pass a key learns how.
 */
export function usageError(text: string): string {
  const clean = text.replace(/'(--?[^'=\s]+)=.*'/, "'$1'");
  return /'--?(?:api-?)?key'/i.test(clean) ? clean.replace("\n", `\n${keyAdvice}\n`) : clean;
}
