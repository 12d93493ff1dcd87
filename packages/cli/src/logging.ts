import { styleText } from "node:util";
import { type Logger, systemRuntime } from "@dirsync/sdk";
import type { Context } from "./context.ts";
import { printable } from "./ui/printable.ts";

type Level = "debug" | "info" | "warn" | "error";

/**
 * Diagnostics on standard error: sentences on a terminal, JSON lines elsewhere and with `--json`. The stream takes
 * secrets out of whatever is written to it (see `stray.ts`).
 */
export function createLogger(context: Context, { json }: { json: boolean }): Logger {
  const isForPeople = !json && context.streams.stderr.isTTY === true;
  const write = isForPeople ? sentenceWriter(context) : lineWriter(context);
  return {
    debug: () => undefined,
    info: (fields, message) => write("info", fields, message),
    warn: (fields, message) => write("warn", fields, message),
    error: (fields, message) => write("error", fields, message),
  };
}

type Writer = (level: Level, fields: object, message: string) => void;

function lineWriter({ streams }: Context): Writer {
  return (level, fields, message) => {
    const time = new Date(systemRuntime.now()).toISOString();
    const line = JSON.stringify({ time, level, ...fields, msg: message });
    streams.stderr.write(`${line}\n`);
  };
}

function sentenceWriter({ streams }: Context): Writer {
  return (level, fields, message) => {
    const details = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`);
    const text = printable([message, ...details].join("  "));
    streams.stderr.write(`${mark(level, streams.stderr)} ${text}\n`);
  };
}

/** Whoever wants JSON has `--json`. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join(",");
  if (typeof value !== "object" || value === null) return String(value);
  const facts = Object.entries(value).map(([name, fact]) => `${name} ${shown(fact)}`);
  return `(${facts.join(", ")})`;
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
