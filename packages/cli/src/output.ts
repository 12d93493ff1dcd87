import { once } from "node:events";
import { styleText } from "node:util";
import { ConfigError } from "@dirsync/sdk";
import type { Context, Streams } from "./context.ts";
import type { Secrets } from "./secrets.ts";
import { printable, printableStyled } from "./ui/printable.ts";
import { formatTable, type Column } from "./ui/table.ts";

type Style = "bold" | "dim" | "green" | "red" | "yellow" | "cyan";

/** Where a command's results go: tables and sentences for people, JSON for programs. */
export interface Output {
  readonly isJson: boolean;
  /** True when a person watches standard output. */
  readonly isTerminal: boolean;
  /** One JSON value on one line. */
  json(value: unknown): void;
  /** A sentence for people; nothing in JSON mode. Control characters in it are shown and not obeyed. */
  line(text?: string): void;
  /** A table for people. */
  table<T>(rows: readonly T[], columns: readonly Column<T>[]): void;
  /** Text in a style, or as it is when the stream is no terminal or NO_COLOR is set. */
  style(style: Style, text: string): string;
}

/** Standard output for results of any length: a slow reader is waited for. */
export interface Pour {
  /** Writes text as it is, but for secrets. Resolves when more may come. */
  write(text: string): Promise<void>;
}

/** Thrown when whoever read our standard output has stopped (`| head`). It is no failure. */
class ReaderGone extends Error {}

/** Results are lost, as on a full disk: a file that is short and an exit code of 0 would tell of a success. */
function outputLost(cause: Error): ConfigError {
  const text = `Standard output cannot be written: ${cause.message}. What is there is not complete; make room, and run it again.`;
  return new ConfigError(text, { where: "standard output", cause });
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

/** True for the error that ends a command quietly because nobody reads its output any more. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof ReaderGone;
}

/** How results are written. */
export interface OutputOptions {
  /**
   * `known` (default): the secrets that this process has read are taken out, and everything else stays as it is.
   * `lookalikes`: so is what looks like one, where a command repeats what people have typed. `shown`: nothing is taken
   * out, because a secret is the result, as the key of a service that has just been made.
   */
  readonly secrecy?: "known" | "lookalikes" | "shown";
}

/** Output on standard output. Secrets that this process has read do not get there. */
export function createOutput(
  { streams, secrets }: Context,
  isJson: boolean,
  { secrecy = "known" }: OutputOptions = {},
): Output {
  const isTerminal = streams.stdout.isTTY === true;
  const write = (text: string): void => {
    if (!streams.stdout.writable) throw new ReaderGone();
    streams.stdout.write(`${clean[secrecy](text, secrets)}\n`);
    // Files are written at once, and standard output forgets the error a moment later.
    const { errored } = streams.stdout;
    if (errored instanceof Error && !isGone(errored)) throw outputLost(errored);
  };
  return {
    isJson,
    isTerminal,
    // In JSON these characters stand in strings alone, where an escape is the same character.
    json: (value) => write(printable(JSON.stringify(value))),
    line: (text = "") => {
      if (!isJson) write(isTerminal ? printableStyled(text) : printable(text));
    },
    table: (rows, columns) => {
      const bold = (text: string): string => styled(streams, "bold", text);
      // A terminal that does not know its width says 0.
      const columnsMax = isTerminal && (streams.stdout.columns ?? 0) > 0 ? streams.stdout.columns : undefined;
      write(formatTable(rows, columns, { bold, columnsMax }));
    },
    style: (style, text) => styled(streams, style, text),
  };
}

/** Pours results on standard output until the reader goes away, which ends the command quietly. */
export function pourOutput({ streams, secrets }: Context, signal: AbortSignal): Pour {
  const { stdout } = streams;
  return {
    write: async (text) => {
      if (!stdout.writable) throw new ReaderGone();
      if (stdout.write(secrets.redact(text))) return;
      const settled = new AbortController();
      const either = { signal: AbortSignal.any([signal, settled.signal]) };
      try {
        await Promise.race([once(stdout, "drain", either), once(stdout, "close", either)]);
      } catch (error) {
        // Standard output stays writable by name when its reader has closed it.
        if (isGone(error)) throw new ReaderGone();
        throw error instanceof Error && "syscall" in error ? outputLost(error) : error;
      } finally {
        settled.abort();
      }
      if (!stdout.writable) throw new ReaderGone();
    },
  };
}

const clean: Readonly<Record<Required<OutputOptions>["secrecy"], (text: string, secrets: Secrets) => string>> = {
  known: (text, secrets) => secrets.redact(text),
  lookalikes: (text, secrets) => secrets.redactAll(text),
  shown: (text) => text,
};

function styled(streams: Streams, style: Style, text: string): string {
  // styleText itself honours NO_COLOR and FORCE_COLOR; a stream of a test has neither.
  return streams.stdout.isTTY === true ? styleText(style, text, { stream: streams.stdout }) : text;
}
