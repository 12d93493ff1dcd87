/** Which column of a people file is which attribute. */

/** What a column is read as: a SCIM path, or one of the words below. */
export type Meaning = string;

/** The address; it also stands for `userName` where the file has no column for that. */
export const emailMeaning = "email";
/** Whether somebody works here. */
export const activeMeaning = "active";
/** Names of groups, separated by semicolons. */
export const groupsMeaning = "groups";

const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** Headings as the exports of Workday, BambooHR, HiBob and others have them, without letter case and punctuation. */
const headings: Readonly<Record<Meaning, readonly string[]>> = {
  userName: ["username", "login", "user"],
  [emailMeaning]: ["email", "workemail", "primaryworkemail", "emailaddress", "workemailaddress", "emailprimarywork"],
  externalId: ["employeeid", "workerid", "externalid", "id", "idpid", "personid"],
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
export function planColumns(given: readonly string[], mapping: ReadonlyMap<string, Meaning>): ColumnPlan {
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
  if (!columns.some(({ meaning }) => meaning === "userName" || meaning === emailMeaning)) {
    mistakes.push({ column: 1, message: "no column has user names or e-mail addresses; name one with --map" });
  }
  return { columns, ignored, mistakes };
}

const known: ReadonlyMap<string, Meaning> = new Map(
  Object.entries(headings).flatMap(([meaning, names]) => names.map((name) => [name, meaning] as const)),
);

function folded(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}
