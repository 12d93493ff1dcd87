import { attributeColumn, attributesColumn, type Batch, columns, type ExportColumn, type Kind } from "./kinds.ts";
import type { Destination } from "./output-file.ts";
import type { Writer } from "./writer.ts";

/** How tables are written. */
export interface CsvOptions {
  /** Custom attributes that get a column each. Without any, all of them are in one column, as JSON. */
  readonly attributes: readonly string[];
  /** True to leave a text as it is that a spreadsheet would run as a formula. */
  readonly keepsFormulas: boolean;
}

/**
 * Comma-separated values (RFC 4180) with a heading, one destination for each kind.
 *
 * A cell that a spreadsheet would take for a formula is given a leading apostrophe: people can name themselves
 * `=HYPERLINK(…)` at many providers (OWASP, CSV injection).
 */
export function csvWriter(destinations: ReadonlyMap<Kind, Destination>, options: CsvOptions): Writer {
  const begun = new Set<Kind>();
  const begin = async (kind: Kind): Promise<void> => {
    if (begun.has(kind)) return;
    begun.add(kind);
    const names = columnsOf(kind, options).map(({ name }) => name);
    await destinations.get(kind)?.write(lineOf(names, options));
  };
  return {
    write: async ({ kind, rows }: Batch) => {
      await begin(kind);
      const wanted = columnsOf(kind, options);
      const lines = rows.map((row) =>
        lineOf(
          wanted.map(({ cell }) => cell(row)),
          options,
        ),
      );
      await destinations.get(kind)?.write(lines.join(""));
    },
    finish: async () => {
      // A table without rows has a heading all the same.
      for (const kind of destinations.keys()) await begin(kind);
      for (const destination of destinations.values()) await destination.finish();
    },
    abandon: async () => {
      for (const destination of destinations.values()) await destination.abandon();
    },
  };
}

function columnsOf(kind: Kind, { attributes }: CsvOptions): readonly ExportColumn[] {
  if (kind !== "users") return columns[kind];
  return [...columns.users, ...(attributes.length === 0 ? [attributesColumn] : attributes.map(attributeColumn))];
}

function lineOf(cells: readonly (string | null)[], { keepsFormulas }: CsvOptions): string {
  return `${cells.map((cell) => quoted(keepsFormulas ? (cell ?? "") : harmless(cell ?? ""))).join(",")}\r\n`;
}

/** What begins like this is run by Excel, LibreOffice or Google Sheets. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/u;

/**
 * The same behind what may end a cell: where commas are decimal points, Excel takes a semicolon for the end of one, and quotes
 * in the middle of a line mean nothing to it then.
 */
const innerFormula = /([;\t\r\n])(?=[=+\-@＝＋－＠])/gu;

function harmless(cell: string): string {
  const inner = cell.replace(innerFormula, "$1'");
  return formula.test(inner) ? `'${inner}` : inner;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
