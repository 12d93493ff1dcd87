/** A file of groups, and one that says who is in them, as HR systems export them beside the people. */
import type { ImportedGroup } from "@dirsync/sdk/self-hosted";
import { groupColumns, membershipColumns } from "./columns.ts";
import type { Column } from "./columns.ts";
import type { FileMistake } from "./mistake.ts";
import type { PersonInFile } from "./people.ts";
import type { CsvRecord } from "./read-csv.ts";
import { cellOf, readSheet } from "./sheet.ts";
import type { FileOptions } from "./sheet.ts";

/** What is in a file of groups. */
export interface GroupsFile {
  readonly groups: readonly ImportedGroup[];
  readonly ignored: readonly string[];
  readonly mistakes: readonly FileMistake[];
}

/** Reads groups, one a line, each with an id that stays when its name changes. */
export function readGroups(text: string, options: FileOptions): GroupsFile {
  const nobody = "has no group in it; the first line has the headings, each further line a group";
  const { columns, ignored, records, mistakes } = readSheet(text, options, { columns: groupColumns, nobody });
  const [id, name] = [columnOf(columns, "groupId"), columnOf(columns, "groupName")];
  if (id === undefined || name === undefined) return { groups: [], ignored, mistakes };
  const lines = new Map<string, number>();
  const groups = records.map((record): ImportedGroup => {
    const group = { id: filled(record, id, mistakes), name: filled(record, name, mistakes) };
    const before = lines.get(group.id);
    if (group.id !== "" && before !== undefined) {
      refuse(record, { column: id, mistakes }, `is the same as on line ${String(before)}`);
    }
    lines.set(group.id, before ?? record.line);
    return group;
  });
  return { groups, ignored, mistakes };
}

/** What is in a file of memberships: for each person of the people file, in its order, the groups they are in. */
export interface MembershipsFile {
  readonly groupsOfPeople: readonly (readonly string[])[];
  readonly ignored: readonly string[];
  readonly mistakes: readonly FileMistake[];
}

/** What memberships are between. */
export interface Ends {
  readonly people: readonly PersonInFile[];
  /** By id. Null: memberships name groups, and there is no file of them. */
  readonly groups: readonly ImportedGroup[] | null;
}

/** Reads memberships, one a line. A person is named as the people file names them: by employee id, user name or address. */
export function readMemberships(text: string, options: FileOptions, { people, groups }: Ends): MembershipsFile {
  const nobody = "has no membership in it; the first line has the headings, each further line a person and a group";
  const { columns, ignored, records, mistakes } = readSheet(text, options, { columns: membershipColumns, nobody });
  const person = columnOf(columns, "member") ?? columnOf(columns, "memberName");
  // A name says nothing where groups have ids, and an id that nobody else speaks of is as good as a name.
  const order = groups === null ? ["group", "groupName", "groupId"] : ["group", "groupId"];
  const group = order.map((meaning) => columnOf(columns, meaning)).find((column) => column !== undefined);
  if (group === undefined && groups !== null && mistakes.length === 0) {
    mistakes.push({
      line: 1,
      column: 1,
      message: "no column has ids of groups, which --groups has; name one with --map",
    });
  }
  const groupsOfPeople = people.map(() => new Set<string>());
  const done = (): MembershipsFile => ({ groupsOfPeople: groupsOfPeople.map((each) => [...each]), ignored, mistakes });
  if (person === undefined || group === undefined) return done();
  const ids = groups === null ? null : new Set(groups.map(({ id }) => id));
  const places = placesOf(people);
  const [who, which] = [
    { column: person, mistakes },
    { column: group, mistakes },
  ];
  for (const record of records) {
    const [member, name] = [filled(record, person, mistakes), filled(record, group, mistakes)];
    const place = places.get(member.toLowerCase());
    if (member !== "" && place === undefined) refuse(record, who, "is nobody of the people file");
    if (place === "several") refuse(record, who, "is more than one person of the people file");
    if (name !== "" && ids?.has(name) === false) refuse(record, which, "is no group of the file of groups");
    if (typeof place === "number") groupsOfPeople[place]?.add(name);
  }
  return done();
}

/** Where in the file each person is, by everything that they may be named by. */
function placesOf(people: readonly PersonInFile[]): ReadonlyMap<string, number | "several"> {
  const places = new Map<string, number | "several">();
  for (const [index, { person }] of people.entries()) {
    const { externalId, userName, emails } = person.user;
    const addresses = Array.isArray(emails) ? (emails as readonly { readonly value: string }[]) : [];
    const names = [externalId, userName, ...addresses.map(({ value }) => value)];
    for (const name of new Set(names.flatMap((each) => (typeof each === "string" ? [each.toLowerCase()] : [])))) {
      places.set(name, places.has(name) ? "several" : index);
    }
  }
  return places;
}

function columnOf(columns: readonly Column[], meaning: string): Column | undefined {
  return columns.find((column) => column.meaning === meaning);
}

function filled(record: CsvRecord, column: Column, mistakes: FileMistake[]): string {
  const cell = cellOf(record, column);
  if (cell === "") refuse(record, { column, mistakes }, "is empty");
  return cell;
}

function refuse(
  { line }: CsvRecord,
  { column, mistakes }: { readonly column: Column; readonly mistakes: FileMistake[] },
  message: string,
): void {
  mistakes.push({ line, column: column.number, message: `${column.heading} ${message}` });
}
