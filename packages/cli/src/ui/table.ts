import { printableInline } from "./printable.ts";

/** A column: its heading and how to read its cell. */
export interface Column<T> {
  readonly heading: string;
  readonly cell: (row: T) => string | number | null | undefined;
  readonly align?: "left" | "right";
}

/** Wider cells are cut: one long name must not break every line. */
const cellCharactersMax = 60;

/** Rows under headings, columns two spaces apart. Absent values are shown as a dash. */
export function formatTable<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  { bold }: { bold: (text: string) => string },
): string {
  const cells = rows.map((row) => columns.map((column) => show(column.cell(row))));
  const widths = columns.map(({ heading }, index) =>
    Math.max(heading.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const layOut = (line: readonly string[]): string =>
    line
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align))
      .join("  ")
      .trimEnd();
  return [bold(layOut(columns.map(({ heading }) => heading))), ...cells.map(layOut)].join("\n");
}

function show(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return "-";
  const text = printableInline(String(value));
  return text.length > cellCharactersMax ? `${text.slice(0, cellCharactersMax - 1)}…` : text;
}

function pad(cell: string, width: number, align: "left" | "right" = "left"): string {
  return align === "right" ? cell.padStart(width) : cell.padEnd(width);
}
