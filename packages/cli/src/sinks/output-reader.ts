import type { OutputReader } from "@dirsync/consumer";
import type { Logger } from "@dirsync/sdk";
import type { Streams } from "../context.ts";

/** A write to a pipe fails at once. This is how long a hook waits for its next try that ended by a pipe of its own. */
const findMsMax = 200;

/** Finds out whether anybody reads our standard error, which hooks write to as well. */
export function outputReader(stderr: Streams["stderr"], log: Logger): OutputReader {
  let isGone = false;
  let finding: Promise<void> | null = null;
  const find = async (): Promise<void> => {
    const failed = failureOf(stderr);
    log.warn(
      {},
      "a hook was ended because nobody read what it wrote; where that was our standard error, it is not used any more",
    );
    isGone = (await failed) === "EPIPE";
    finding = null;
  };
  return {
    get isGone() {
      return isGone;
    },
    // Hooks end together, and one line is enough.
    find: () => (finding ??= find()),
  };
}

/** Why what is written next fails; null when it does not, within a moment. */
function failureOf(stderr: Streams["stderr"]): Promise<string | null> {
  return new Promise((resolve) => {
    const end = (code: string | null): void => {
      clearTimeout(timer);
      stderr.off("error", onError);
      resolve(code);
    };
    const onError = ({ code }: NodeJS.ErrnoException): void => end(code ?? null);
    const timer = setTimeout(() => end(null), findMsMax);
    stderr.on("error", onError);
  });
}
