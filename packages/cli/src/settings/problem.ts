import { ConfigError, DirsyncError } from "@dirsync/sdk";
import { wrongUsageCode } from "../wrong-usage-code.ts";

/** One thing that is wrong with what was configured. */
export interface Problem {
  /** The flag, the variable, or the file with its line and key. */
  readonly where: string;
  /** A whole sentence, which begins with the place. */
  readonly message: string;
  /** The setting it is about; null when it is about the whole file. */
  readonly key: string | null;
}

/** What is wrong, for `Problems.add`. */
export interface Finding {
  readonly where: string;
  /** Completes the sentence that begins with the place. */
  readonly mistake: string;
  readonly key: string | null;
  /** True for a value on the command line that makes no sense wherever it is used. */
  readonly isUsage?: boolean;
}

/** Where a check belongs, for `Problems.collect`. */
export interface Place {
  readonly where: string;
  readonly key: string | null;
}

/** Collects what is wrong until everything has been looked at: who mends one and starts again must not find the next. */
export class Problems {
  readonly #found: (Problem & { readonly isUsage: boolean })[] = [];

  /** Notes one. */
  add({ where, mistake, key, isUsage = false }: Finding): void {
    const message = [where, /[.!?…]$/.test(mistake) ? mistake : `${mistake}.`].filter((part) => part !== "").join(" ");
    // A variable that is wrong is wrong for each sink, and is told once.
    if (this.#found.some((other) => other.message === message)) return;
    this.#found.push({ where, key, isUsage, message });
  }

  /** Runs a check; what it throws about the configuration is noted, and null is returned. */
  async collect<T>({ where, key }: Place, check: () => T | Promise<T>): Promise<T | null> {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const message = error.message.startsWith(where) ? error.message : `${where}: ${error.message}`;
      this.#found.push({ where, key, isUsage: false, message });
      return null;
    }
  }

  /** True when something is wrong with this setting. */
  has(key: string): boolean {
    return this.#found.some((problem) => problem.key === key);
  }

  get all(): readonly Problem[] {
    return this.#found.map(({ where, key, message }) => ({ where, key, message }));
  }

  /**
   * @param keys settings that matter; what is wrong with others is somebody else's business. Default all.
   * @throws ConfigError naming everything that is wrong; wrong usage when all of it stands on the command line.
   */
  throwIfAny(keys?: readonly string[]): void {
    const relevant = this.#found.filter(({ key }) => key === null || (keys?.includes(key) ?? true));
    if (relevant.length === 0) return;
    throw new ProblemsError(relevant, { isUsage: relevant.every(({ isUsage }) => isUsage) });
  }
}

/** What an error has to say about each thing that is wrong; empty when it is another kind of error. */
export function problemsOf(error: unknown): readonly Problem[] {
  return error instanceof ProblemsError ? error.problems : [];
}

class ProblemsError extends DirsyncError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], { isUsage }: { isUsage: boolean }) {
    const messages = problems.map(({ message }) => message);
    const heading = `${problems.length} things are wrong with the configuration:`;
    const text = messages.length === 1 ? messages.join("") : [heading, ...messages].join("\n  ");
    super(text, { code: isUsage ? wrongUsageCode : "config_invalid", retryable: false });
    // What decides the exit code.
    this.name = isUsage ? "DirsyncError" : "ConfigError";
    this.problems = problems.map(({ where, key, message }) => ({ where, key, message }));
  }
}
