import { printableInline } from "./printable.ts";
import { cutTo, widthOf } from "./width.ts";

/** A column: its heading and how to read its cell. */
export interface Column<T> {
  readonly heading: string;
  readonly cell: (row: T) => string | number | null | undefined;
  readonly align?: "left" | "right";
  /** Prose: cut further where the terminal is narrow. Ids, names and numbers are never cut for that. */
  readonly isProse?: boolean;
}

/** How a table is laid out. */
export interface TableOptions {
  readonly bold: (text: string) => string;
  /** Columns of the terminal; absent where nobody watches. */
  readonly columnsMax?: number | undefined;
}

/** Wider cells are cut: one long name must not break every line. */
const cellColumnsMax = 60;

/** Prose that is cut shorter than this says nothing. */
const proseColumnsMin = 20;

/** What separates columns. */
const gap = "  ";

/**
 * Rows under headings, columns two spaces apart. Absent values are shown as a dash. Where a terminal is too narrow for
 * that, it would break lines in the middle of ids; there each row becomes a block of lines, with the headings before its cells.
 */
export function formatTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  { bold, columnsMax }: TableOptions,
): string {
  const cells = rows.map((row) => columns.map((column) => show(column.cell(row))));
  const widths = columns.map(({ heading }, index) =>
    Math.max(heading.length, ...cells.map((line) => widthOf(line[index] ?? ""))),
  );
  const room = fit(widths, columns, columnsMax);
  if (room === null) return formatBlocks(cells, columns, bold);
  const layOut = (line: readonly string[]): string =>
    line
      .map((cell, index) => pad(cutTo(cell, room[index] ?? 0), room[index] ?? 0, columns[index]?.align))
      .join(gap)
      .trimEnd();
  return [bold(layOut(columns.map(({ heading }) => heading))), ...cells.map(layOut)].join("\n");
}

/** The widths with which the table fits, prose made narrower where it must be; null when it cannot. */
function fit<T>(
  widths: readonly number[],
  columns: readonly Column<T>[],
  columnsMax = Infinity,
): readonly number[] | null {
  let excess = widths.reduce((sum, width) => sum + width, gap.length * (widths.length - 1)) - columnsMax;
  const fitted = widths.map((width, index) => {
    const spare = columns[index]?.isProse === true ? Math.max(0, width - proseColumnsMin) : 0;
    const less = Math.max(0, Math.min(spare, excess));
    excess -= less;
    return width - less;
  });
  return excess > 0 ? null : fitted;
}

/** A cell that is blank on purpose is left out, and a row that begins with one goes on with the block before it. */
function formatBlocks<T>(
  cells: readonly (readonly string[])[],
  columns: readonly Column<T>[],
  bold: (text: string) => string,
): string {
  const labelWidth = Math.max(...columns.map(({ heading }) => heading.length));
  const mark = columns.findIndex(({ heading }) => heading === "");
  const first = columns.findIndex(({ heading }) => heading !== "");
  const isBlank = (cell: string | undefined): boolean => (cell ?? "").trim() === "";
  const lines = cells.flatMap((row, rowIndex) => {
    const block = columns.flatMap(({ heading }, index) => {
      if (heading === "" || isBlank(row[index])) return [];
      const sign = mark === -1 ? "" : pad(index === first ? (row[mark] ?? "").trim() : "", 3);
      return [`${sign}${bold(pad(heading, labelWidth))}${gap}${row[index] ?? ""}`.trimEnd()];
    });
    return rowIndex === 0 || isBlank(row[first]) ? block : ["", ...block];
  });
  return lines.join("\n");
}

function show(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return "-";
  return cutTo(printableInline(String(value)), cellColumnsMax);
}

function pad(cell: string, width: number, align: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, width - widthOf(cell)));
  return align === "right" ? `${space}${cell}` : `${cell}${space}`;
}
