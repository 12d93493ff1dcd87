/** RFC 4180 text as records, each with the line it begins on. The only file that knows csv-parse. */
import { CsvError, parse } from "csv-parse/sync";
import type { FileMistake } from "./mistake.ts";

/** One record of a CSV file. */
export interface CsvRecord {
  /** Counted from 1, as editors do. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** The records of a file, or where it stops being one. */
export function readCsv(text: string, delimiter: string): readonly CsvRecord[] | FileMistake {
  // A line that only tells Excel what separates cells. It is emptied and not taken out, so that line numbers stay.
  const [, breaks] = /^\uFEFF?sep=.(\r\n|\r|\n)/u.exec(text) ?? [];
  try {
    const parsed = parse(breaks === undefined ? text : text.slice(text.indexOf(breaks)), {
      delimiter,
      bom: true,
      info: true,
      skip_empty_lines: true,
      // Counted by us, so that every line with a cell too many is told, and not the first one alone.
      relax_column_count: true,
    }) as unknown as readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
    return parsed.map(({ record, info }) => ({ line: info.lines - lineBreaksIn(record), cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines, column } = error as unknown as { readonly lines?: number; readonly column?: number };
    return {
      line: typeof lines === "number" ? lines : 1,
      column: typeof column === "number" ? column + 1 : 1,
      message: `is no CSV (RFC 4180): ${error.code === "CSV_QUOTE_NOT_CLOSED" ? "a quotation mark is never closed" : error.message}`,
    };
  }
}

/** A cell in quotes may go over several lines; the record began that many lines before it ended. */
function lineBreaksIn(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/gu) ?? []).length, 0);
}
