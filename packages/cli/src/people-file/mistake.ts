/** Something in a people file that cannot be taken. */
export interface FileMistake {
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  readonly message: string;
}

/** `people.csv:7:3: message`, as editors and terminals link it. */
export function showMistake(file: string, { line, column, message }: FileMistake): string {
  return `${file}:${String(line)}:${String(column)}: ${message}`;
}
