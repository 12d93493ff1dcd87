import type { ImportedGroup } from "@dirsync/sdk/self-hosted";
import { wrongUsage } from "../wrong-usage.ts";
import { groupsMeaning, meaningsElsewhere } from "./columns.ts";
import { readGroups, readMemberships } from "./groups.ts";
import type { FileMistake } from "./mistake.ts";
import { type PeopleFile, type PersonInFile, readPeople } from "./people.ts";
import type { FileOptions } from "./sheet.ts";

/** A file with the name that mistakes in it are told under. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** What an import is made of. */
export interface ImportFiles {
  readonly people: NamedText;
  /** Null: a group is its name. */
  readonly groups: NamedText | null;
  /** Null: the people file says who is in which group, or nothing does. */
  readonly memberships: NamedText | null;
}

/** A mistake and the file it is in. */
export interface MistakeInFile extends FileMistake {
  readonly file: string;
}

/** What is in the files together. When there are mistakes, it is no more than what was left. */
export interface ReadFiles {
  readonly people: readonly PersonInFile[];
  readonly groups: readonly ImportedGroup[] | null;
  readonly ignored: readonly string[];
  readonly mistakes: readonly MistakeInFile[];
}

/** Reads the files of an import. @throws usage_error for a mapping of a file that is not there */
export function readFiles(files: ImportFiles, { delimiter, mapping }: FileOptions): ReadFiles {
  const optionsFor = (kind: keyof ImportFiles): FileOptions => {
    const own = [...mapping].filter(([, meaning]) => (meaningsElsewhere[meaning] ?? "people") === kind);
    const [first] = own;
    if (first !== undefined && files[kind] === null) {
      throw wrongUsage(`--map ${first.join("=")} is about the file of --${kind}, which is not given.`);
    }
    return { delimiter, mapping: new Map(own) };
  };
  const [forGroups, forMemberships] = [optionsFor("groups"), optionsFor("memberships")];
  const people = readPeople(files.people.text, optionsFor("people"));
  const groups = files.groups === null ? null : readGroups(files.groups.text, forGroups);
  const ends = { people: people.people, groups: groups?.groups ?? null };
  const memberships = files.memberships === null ? null : readMemberships(files.memberships.text, forMemberships, ends);
  const mistakes: MistakeInFile[] = [
    ...inFile(files.people, [...people.mistakes, ...twice(people, memberships !== null)]),
    ...inFile(files.groups, [...(groups?.mistakes ?? []), ...alone(people, { groups, memberships })]),
    ...inFile(files.memberships, memberships?.mistakes ?? []),
  ];
  return {
    people:
      memberships === null ? people.people : people.people.map((each, index) => inGroups(each, memberships, index)),
    groups: groups?.groups ?? null,
    ignored: [...people.ignored, ...(groups?.ignored ?? []), ...(memberships?.ignored ?? [])],
    mistakes,
  };
}

function inFile(file: NamedText | null, mistakes: readonly FileMistake[]): readonly MistakeInFile[] {
  return file === null ? [] : mistakes.map((mistake) => ({ file: file.name, ...mistake }));
}

/** Two files that say who is in which group may say two things. */
function twice({ columns }: PeopleFile, hasMemberships: boolean): readonly FileMistake[] {
  const column = columns.find(({ meaning }) => meaning === groupsMeaning);
  if (column === undefined || !hasMemberships) return [];
  const message = `${column.heading} says who is in which group, and --memberships does; leave one of them out`;
  return [{ line: 1, column: column.number, message }];
}

/** Groups of which nobody says who is in them would all be emptied. */
function alone(
  { columns }: PeopleFile,
  { groups, memberships }: { readonly groups: object | null; readonly memberships: object | null },
): readonly FileMistake[] {
  const isSaid = memberships !== null || columns.some(({ meaning }) => meaning === groupsMeaning);
  if (groups === null || isSaid) return [];
  const message = "says which groups there are, and nothing says who is in them; give --memberships";
  return [{ line: 1, column: 1, message }];
}

function inGroups(
  { line, person }: PersonInFile,
  { groupsOfPeople }: { readonly groupsOfPeople: readonly (readonly string[])[] },
  index: number,
): PersonInFile {
  return { line, person: { ...person, groups: groupsOfPeople[index] ?? [] } };
}
