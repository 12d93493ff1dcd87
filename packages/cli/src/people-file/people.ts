import type { ImportedPerson } from "@dirsync/sdk/self-hosted";
import { activeMeaning, emailMeaning, groupsMeaning, peopleColumns } from "./columns.ts";
import type { Column } from "./columns.ts";
import type { FileMistake } from "./mistake.ts";
import type { CsvRecord } from "./read-csv.ts";
import { cellOf, readSheet } from "./sheet.ts";
import type { FileOptions } from "./sheet.ts";

/** Somebody in a file, and where. */
export interface PersonInFile {
  readonly line: number;
  readonly person: ImportedPerson;
}

/** What is in a file. When there are mistakes, people is no more than what was left. */
export interface PeopleFile {
  readonly people: readonly PersonInFile[];
  readonly columns: readonly Column[];
  readonly ignored: readonly string[];
  readonly mistakes: readonly FileMistake[];
}

/** Reads the people of a CSV file whose first line has the headings. */
export function readPeople(text: string, options: FileOptions): PeopleFile {
  const nobody = "has nobody in it; the first line has the headings, each further line a person";
  const { columns, ignored, records, mistakes } = readSheet(text, options, { columns: peopleColumns, nobody });
  const seen = new Map<string, number>();
  const people = records.map((record): PersonInFile => {
    const read = new Reader(record, mistakes);
    const person = personOf(columns, read);
    read.refuseTwins(columns, seen);
    return { line: record.line, person };
  });
  return { people, columns, ignored, mistakes };
}

function personOf(columns: readonly Column[], read: Reader): ImportedPerson {
  const user: Record<string, unknown> = {};
  let groups: readonly string[] | null = null;
  for (const column of columns) {
    const cell = read.cell(column);
    switch (column.meaning) {
      case emailMeaning:
        if (cell === "") break;
        read.assertAddress(column, cell);
        user["emails"] = [{ value: cell, type: "work", primary: true }];
        break;
      case activeMeaning:
        user["active"] = read.activeOf(column, cell);
        break;
      case groupsMeaning:
        groups = cell
          .split(";")
          .map((name) => name.trim())
          .filter((name) => name !== "");
        break;
      default:
        // An empty cell says that there is nothing, and takes away what was there.
        user[column.meaning] = cell === "" ? null : cell;
    }
  }
  const names = columns.filter(({ meaning }) => meaning === "userName" || meaning === emailMeaning);
  const userName = names.map((column) => read.cell(column)).find((cell) => cell !== "");
  if (userName === undefined && names[0] !== undefined)
    read.refuse(names[0], "is empty, and without it there is no user name");
  return { user: { ...user, userName: userName ?? null }, groups };
}

/** Reads the cells of one record, and puts on record what is wrong with them. */
class Reader {
  readonly #record: CsvRecord;
  readonly #mistakes: FileMistake[];

  constructor(record: CsvRecord, mistakes: FileMistake[]) {
    this.#record = record;
    this.#mistakes = mistakes;
  }

  cell(column: Column): string {
    return cellOf(this.#record, column);
  }

  refuse({ number, heading }: Column, message: string): void {
    this.#mistakes.push({ line: this.#record.line, column: number, message: `${heading} ${message}` });
  }

  assertAddress(column: Column, cell: string): void {
    if (!/^[^\s@,;]+@[^\s@,;]+$/u.test(cell)) this.refuse(column, "is no e-mail address");
  }

  activeOf(column: Column, cell: string): boolean {
    const word = cell.toLowerCase();
    if (activeWords.has(word)) return true;
    if (!inactiveWords.has(word)) {
      this.refuse(column, `is neither of ${[...activeWords].join(", ")}, nor of ${[...inactiveWords].join(", ")}`);
    }
    return false;
  }

  /** Two lines about one person would be an order nobody gave. */
  refuseTwins(columns: readonly Column[], seen: Map<string, number>): void {
    for (const column of columns) {
      if (!["userName", "externalId", emailMeaning].includes(column.meaning)) continue;
      const cell = this.cell(column).toLowerCase();
      const key = `${column.meaning}:${cell}`;
      const before = seen.get(key);
      if (cell !== "" && before !== undefined) this.refuse(column, `is the same as on line ${String(before)}`);
      else seen.set(key, this.#record.line);
    }
  }
}

const activeWords: ReadonlySet<string> = new Set(["active", "true", "yes", "y", "1", "employed", "on leave", "leave"]);
const inactiveWords: ReadonlySet<string> = new Set(["inactive", "false", "no", "n", "0", "terminated", "suspended"]);
