import { planColumns } from "./columns.ts";
import type { Column, Meaning, SheetColumns } from "./columns.ts";
import type { FileMistake } from "./mistake.ts";
import { readCsv } from "./read-csv.ts";
import type { CsvRecord } from "./read-csv.ts";

/** How a file is read. */
export interface FileOptions {
  readonly delimiter: string;
  /** Headings and what they are read as, where the heading itself does not say. */
  readonly mapping: ReadonlyMap<string, Meaning>;
}

/** A CSV file whose first line has the headings. Mistakes may be added to. */
export interface Sheet {
  readonly columns: readonly Column[];
  /** Headings nobody knows and nobody mapped. */
  readonly ignored: readonly string[];
  /** Lines that have a cell for each heading. */
  readonly records: readonly CsvRecord[];
  readonly mistakes: FileMistake[];
}

/** Reads the lines of a file, of which `what` says what each stands for, such as `a person`. */
export function readSheet(
  text: string,
  { delimiter, mapping }: FileOptions,
  { columns: known, nobody }: { readonly columns: SheetColumns; readonly nobody: string },
): Sheet {
  const read = readCsv(text, delimiter);
  if (!("length" in read)) return { columns: [], ignored: [], records: [], mistakes: [read] };
  const [head, ...rest] = read;
  if (head === undefined || rest.length === 0) {
    return { columns: [], ignored: [], records: [], mistakes: [{ line: 1, column: 1, message: nobody }] };
  }
  const separator = otherSeparator(head.cells);
  if (separator !== null) {
    const message = `has one heading, and its cells seem to be separated by ${separator.name}: read it with --delimiter '${separator.flag}'`;
    return { columns: [], ignored: [], records: [], mistakes: [{ line: head.line, column: 1, message }] };
  }
  const { columns, ignored, mistakes: wrongColumns } = planColumns(head.cells, mapping, known);
  const mistakes: FileMistake[] = wrongColumns.map((mistake) => ({ line: head.line, ...mistake }));
  const records = rest.filter((record) => {
    if (record.cells.length === head.cells.length) return true;
    const message = `has ${String(record.cells.length)} cells, and the first line ${String(head.cells.length)} headings`;
    mistakes.push({ line: record.line, column: Math.min(record.cells.length, head.cells.length) + 1, message });
    return false;
  });
  return { columns, ignored, records, mistakes };
}

/** What spreadsheets put between cells where the comma separates decimals, and what they call it when they ask. */
const separators = [
  { character: ";", name: "semicolons", flag: ";" },
  { character: "\t", name: "tabs", flag: String.raw`\t` },
  { character: "|", name: "bars", flag: "|" },
  { character: ",", name: "commas", flag: "," },
] as const;

/** What seems to separate the cells of a first line that has come as a single one; null when nothing does. */
function otherSeparator([only = "", ...others]: readonly string[]): (typeof separators)[number] | null {
  if (others.length > 0) return null;
  return separators.find(({ character }) => only.includes(character)) ?? null;
}

/** The cell of a record in a column. */
export function cellOf(record: CsvRecord, { number }: Column): string {
  return (record.cells[number - 1] ?? "").trim();
}
