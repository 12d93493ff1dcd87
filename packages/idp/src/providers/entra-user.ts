/** Entra ID's attribute mapping: what a new account is sent with, and which attributes differ later. */
import type { ScimResource } from "../client.ts";
import type { Person } from "../people.ts";

/** One attribute that must change on the server. Without a value it is to be cleared. */
export interface AttributeChange {
  /** The attribute as Entra ID writes it, for example `emails[type eq "work"].value`. */
  readonly path: string;
  /** True when the server has no value yet, which makes it an Add rather than a Replace. */
  readonly isNew: boolean;
  readonly value?: string;
}

/** The enterprise extension of RFC 7643 §4.3. */
const enterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/** The path under which Entra ID sends a manager: the attribute itself, with the manager's id as plain text. */
const managerPath = `${enterpriseSchema}:manager`;

/** The body of a create. The manager follows in a PATCH, as a reference is only sent to an account that exists. */
export function newUser(person: Person, options: { readonly emptyManager: boolean }): Record<string, unknown> {
  const extension = {
    ...(person.employeeNumber === undefined ? {} : { employeeNumber: person.employeeNumber }),
    ...(person.department === undefined ? {} : { department: person.department }),
  };
  // A schema that is named while its object is empty is refused by Microsoft's own validator.
  const hasExtension = Object.keys(extension).length > 0;
  return {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", enterpriseSchema],
    externalId: person.id,
    userName: person.userName,
    active: true,
    displayName: person.displayName,
    emails: [{ primary: true, type: "work", value: person.email }],
    meta: { resourceType: "User" },
    name: {
      formatted: `${person.givenName} ${person.familyName}`,
      familyName: person.familyName,
      givenName: person.givenName,
    },
    roles: [],
    ...(person.title === undefined ? {} : { title: person.title }),
    ...(hasExtension ? { [enterpriseSchema]: { ...extension, ...(options.emptyManager ? { manager: "" } : {}) } } : {}),
  };
}

/** The attributes in which the server's copy differs from the person, in the order of the mapping. */
export function changesTo(current: ScimResource, person: Person): AttributeChange[] {
  const changes: AttributeChange[] = [];
  for (const { path, mine, theirs } of mapping) {
    const wanted = mine(person);
    const present = theirs(current);
    if (wanted !== present) {
      changes.push({ path, isNew: present === undefined, ...(wanted === undefined ? {} : { value: wanted }) });
    }
  }
  return changes;
}

/** The change of the manager reference, or null when the server has it right. `managerId` is the manager's remote id. */
export function managerChange(current: ScimResource, managerId: string | undefined): AttributeChange | null {
  const manager = asRecord(current[enterpriseSchema])["manager"];
  const present = textOf(typeof manager === "string" ? manager : asRecord(manager)["value"]);
  if (present === managerId) {
    return null;
  }
  // Clearing is a Replace with an empty text rather than a Remove.
  return { path: managerPath, isNew: present === undefined, value: managerId ?? "" };
}

const mapping: readonly {
  readonly path: string;
  readonly mine: (person: Person) => string | undefined;
  readonly theirs: (user: ScimResource) => string | undefined;
}[] = [
  { path: "displayName", mine: (person) => person.displayName, theirs: (user) => textOf(user["displayName"]) },
  { path: "userName", mine: (person) => person.userName, theirs: (user) => textOf(user["userName"]) },
  { path: 'emails[type eq "work"].value', mine: (person) => person.email, theirs: workEmail },
  { path: "name.givenName", mine: (person) => person.givenName, theirs: namePart("givenName") },
  { path: "name.familyName", mine: (person) => person.familyName, theirs: namePart("familyName") },
  { path: `${enterpriseSchema}:department`, mine: (person) => person.department, theirs: extensionPart("department") },
  {
    path: `${enterpriseSchema}:employeeNumber`,
    mine: (person) => person.employeeNumber,
    theirs: extensionPart("employeeNumber"),
  },
  { path: "title", mine: (person) => person.title, theirs: (user) => textOf(user["title"]) },
];

function workEmail(user: ScimResource): string | undefined {
  const emails: readonly unknown[] = Array.isArray(user["emails"]) ? user["emails"] : [];
  const work = emails.map(asRecord).find((email) => email["type"] === "work");
  return textOf(work?.["value"]);
}

function namePart(part: string): (user: ScimResource) => string | undefined {
  return (user) => textOf(asRecord(user["name"])[part]);
}

function extensionPart(part: string): (user: ScimResource) => string | undefined {
  return (user) => textOf(asRecord(user[enterpriseSchema])[part]);
}

/** An empty text counts as absent: servers differ in whether they keep one. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
