/** Which column of a file is what. */

/** What a column is read as: in a people file a SCIM path, or one of the words below. */
export type Meaning = string;

/** The address; it also stands for `userName` where the file has no column for that. */
export const emailMeaning = "email";
/** Whether somebody works here. */
export const activeMeaning = "active";
/** Names of groups, separated by semicolons. */
export const groupsMeaning = "groups";

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** What the columns of a kind of file may be. */
export interface SheetColumns {
  /** Headings as the exports of Workday, BambooHR, HiBob and others have them, without letter case and punctuation. */
  readonly headings: Readonly<Record<Meaning, readonly string[]>>;
  /** Of each of these, one there must be. */
  readonly needed: readonly { readonly anyOf: readonly Meaning[]; readonly what: string }[];
}

const employee = ["employeeid", "workerid", "externalid", "idpid", "personid"];
const address = ["email", "workemail", "primaryworkemail", "emailaddress", "workemailaddress", "emailprimarywork"];
const login = ["username", "login", "user"];

const headings: SheetColumns["headings"] = {
  userName: login,
  [emailMeaning]: address,
  externalId: [...employee, "id"],
  "name.givenName": ["firstname", "givenname", "preferredfirstname", "legalfirstname"],
  "name.familyName": ["lastname", "familyname", "surname", "preferredlastname", "legallastname"],
  displayName: ["displayname", "fullname", "name", "preferredname"],
  title: ["title", "jobtitle", "businesstitle", "position"],
  userType: ["employeetype", "workertype", "employmenttype"],
  [activeMeaning]: ["active", "status", "state", "employmentstatus", "workerstatus"],
  [groupsMeaning]: ["groups", "teams"],
  [`${enterprise}:department`]: ["department", "departmentname", "supervisoryorganization"],
  [`${enterprise}:employeeNumber`]: ["employeenumber", "workernumber"],
  [`${enterprise}:costCenter`]: ["costcenter", "costcentername"],
  [`${enterprise}:division`]: ["division", "divisionname"],
  [`${enterprise}:organization`]: ["organization", "company"],
};

/** Of a people file. */
export const peopleColumns: SheetColumns = {
  headings,
  needed: [{ anyOf: ["userName", emailMeaning], what: "user names or e-mail addresses" }],
};

/** Of a file of groups. */
export const groupColumns: SheetColumns = {
  headings: {
    groupId: ["id", "groupid", "idpid", "externalid", "groupexternalid"],
    groupName: ["name", "groupname", "displayname", "group"],
  },
  needed: [
    { anyOf: ["groupId"], what: "ids of groups" },
    { anyOf: ["groupName"], what: "names of groups" },
  ],
};

/** Of a file that says who is in which group. */
export const membershipColumns: SheetColumns = {
  headings: {
    member: [...employee, "userid", "memberid"],
    memberName: [...login, ...address, "member"],
    groupId: ["groupid", "groupexternalid"],
    groupName: ["groupname", "group", "team", "teamname"],
    // Whatever the caller says that groups are named by.
    group: [],
  },
  needed: [
    { anyOf: ["member", "memberName"], what: "people" },
    { anyOf: ["group", "groupId", "groupName"], what: "groups" },
  ],
};

/** What `--map` may read a column as that no people file has, and which file it is in. */
export const meaningsElsewhere: Readonly<Record<Meaning, "groups" | "memberships">> = {
  groupId: "groups",
  groupName: "groups",
  member: "memberships",
  group: "memberships",
};

/** A column that is read. */
export interface Column {
  /** Counted from 1, as spreadsheets do. */
  readonly number: number;
  readonly heading: string;
  readonly meaning: Meaning;
}

/** How the columns of a file are read. */
export interface ColumnPlan {
  readonly columns: readonly Column[];
  /** Headings nobody knows and nobody mapped. */
  readonly ignored: readonly string[];
  /** What is wrong with it, in words. */
  readonly mistakes: readonly { readonly column: number; readonly message: string }[];
}

/** Decides about each column: what the caller says of its heading, else what the heading says of itself. */
export function planColumns(
  given: readonly string[],
  mapping: ReadonlyMap<string, Meaning>,
  sheet: SheetColumns,
): ColumnPlan {
  const known = new Map(
    Object.entries(sheet.headings).flatMap(([meaning, names]) => names.map((name) => [name, meaning] as const)),
  );
  const columns: Column[] = [];
  const ignored: string[] = [];
  const mistakes: { column: number; message: string }[] = [];
  const wanted = new Map([...mapping].map(([heading, meaning]) => [folded(heading), meaning]));
  for (const [index, heading] of given.entries()) {
    const meaning = wanted.get(folded(heading)) ?? known.get(folded(heading));
    const twin = columns.find((column) => column.meaning === meaning);
    if (meaning === undefined) ignored.push(heading);
    else if (twin === undefined) columns.push({ number: index + 1, heading, meaning });
    else
      mistakes.push({
        column: index + 1,
        message: `is read as ${meaning}, as column ${String(twin.number)} is; map one`,
      });
  }
  for (const heading of mapping.keys()) {
    if (!given.some((one) => folded(one) === folded(heading))) {
      mistakes.push({ column: 1, message: `no column is called "${heading}", which --map names` });
    }
  }
  for (const { anyOf, what } of sheet.needed) {
    if (columns.some(({ meaning }) => anyOf.includes(meaning))) continue;
    mistakes.push({ column: 1, message: `no column has ${what}; name one with --map` });
  }
  return { columns, ignored, mistakes };
}

function folded(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
