import { styleText } from "node:util";
import type { Logger } from "@dirsync/sdk";
import { pino } from "pino";
import type { Context } from "./context.ts";
import { printable } from "./ui/printable.ts";

type Level = "debug" | "info" | "warn" | "error";

/**
 * Diagnostics on standard error: sentences on a terminal, JSON lines elsewhere and with `--json`. Every line passes
 * through the redactor, which is why nothing else in the CLI writes diagnostics.
 */
export function createLogger(context: Context, { json }: { json: boolean }): Logger {
  return !json && context.streams.stderr.isTTY === true ? sentenceLogger(context) : jsonLogger(context);
}

function jsonLogger({ streams, secrets }: Context): Logger {
  const destination = { write: (line: string): void => void streams.stderr.write(secrets.redact(line)) };
  return pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

function sentenceLogger({ streams, secrets }: Context): Logger {
  const write = (level: Level, fields: object, message: string): void => {
    const details = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    const text = printable(secrets.redact([message, ...details].join("  ")));
    streams.stderr.write(`${mark(level, streams.stderr)} ${text}\n`);
  };
  return {
    debug: () => undefined,
    info: (fields, message) => write("info", fields, message),
    warn: (fields, message) => write("warn", fields, message),
    error: (fields, message) => write("error", fields, message),
  };
}

function mark(level: Level, stream: Context["streams"]["stderr"]): string {
  switch (level) {
    case "error":
      return styleText("red", "✗", { stream });
    case "warn":
      return styleText("yellow", "!", { stream });
    case "info":
    case "debug":
      return styleText("dim", "·", { stream });
    default:
      return level satisfies never;
  }
}
