import { resolve } from "node:path";
import { choice, type Kind as ValueKind, list, text } from "../settings/kinds.ts";
import { wrongUsage } from "../wrong-usage.ts";
import type { CsvOptions } from "./csv.ts";
import { type Kind, kinds as allKinds } from "./kinds.ts";

/** The forms an export can have. */
export const forms = ["ndjson", "csv", "sqlite"] as const;

/** What was asked for. */
export interface ExportWishes {
  readonly to: string;
  readonly out?: string;
  readonly directory?: readonly string[];
  readonly organization?: string;
  readonly only?: string;
  readonly attributes?: string;
  readonly insecureFormulas: boolean;
}

/** What will be written, and where. */
export interface ExportPlan {
  readonly to: (typeof forms)[number];
  readonly kinds: ReadonlySet<Kind>;
  /** Absolute path; null for standard output. */
  readonly out: string | null;
  readonly csv: CsvOptions;
}

/** @throws DirsyncError `wrong_usage` for wishes that do not go together. */
export function planExport(wishes: ExportWishes): ExportPlan {
  const to = valueOf("--to", choice(forms), wishes.to);
  const only = wishes.only === undefined ? allKinds : valueOf("--only", list(choice(allKinds), "kinds"), wishes.only);
  // In this order, whatever the order they are asked for in.
  const kinds = new Set(allKinds.filter((kind) => only.includes(kind)));
  const attributes =
    wishes.attributes === undefined ? [] : valueOf("--attributes", list(text("name"), "names"), wishes.attributes);
  if (wishes.directory !== undefined && wishes.organization !== undefined) {
    throw wrongUsage("--directory and --organization exclude each other.");
  }
  if (to !== "csv" && (attributes.length > 0 || wishes.insecureFormulas)) {
    throw wrongUsage("--attributes and --insecure-formulas are for --to csv.");
  }
  if (wishes.out === undefined && to === "sqlite")
    throw wrongUsage("--to sqlite needs --out, the database file to make.");
  if (wishes.out === undefined && to === "csv" && kinds.size > 1) {
    throw wrongUsage("--to csv makes one table of each kind: name a folder with --out, or one kind with --only users.");
  }
  const csv: CsvOptions = { attributes, keepsFormulas: wishes.insecureFormulas };
  return { to, kinds, out: wishes.out === undefined ? null : resolve(wishes.out), csv };
}

function valueOf<T>(flag: string, kind: ValueKind<T>, given: string): T {
  const reading = kind.read(given);
  if ("value" in reading) return reading.value;
  throw wrongUsage(`${flag} ${reading.mistake}.`);
}
