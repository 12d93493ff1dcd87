import { directoryState } from "@dirsync/sdk";

/** What a directory consists of, in the order in which it is written. */
export const kinds = ["directories", "users", "groups", "memberships"] as const;

/** One of `kinds`. */
export type Kind = (typeof kinds)[number];

/** One thing, by the names of its fields. */
export type Row = Readonly<Record<string, unknown>>;

/** A part of what is exported: rows of one kind, as many as came in one answer. */
export interface Batch {
  readonly kind: Kind;
  readonly rows: readonly Row[];
}

/** One column of a table: its name and what it holds of a row. */
export interface ExportColumn {
  readonly name: string;
  readonly cell: (row: Row) => string | null;
}

const common = ["organization_id", "idp_id"].map(field);
const times = ["created_at", "updated_at"].map(field);

/** The columns of each kind. They are called as in the views of a state file, so that a query fits both. */
export const columns: Readonly<Record<Kind, readonly ExportColumn[]>> = {
  directories: [
    ...["id", "organization_id", "name", "type"].map(field),
    { name: "state", cell: (row) => directoryState({ state: String(row["state"]) }) ?? textOf(row["state"]) },
    ...times,
  ],
  users: [
    ...["id", "directory_id"].map(field),
    ...common,
    ...["email", "first_name", "last_name", "state"].map(field),
    { name: "role", cell: (row) => textOf(recordOf(row["role"])["slug"]) },
    ...times,
  ],
  groups: [...["id", "directory_id"].map(field), ...common, field("name"), ...times],
  memberships: ["group_id", "user_id", "directory_id"].map(field),
};

/** A column for one custom attribute; what is no plain value stands there as JSON. */
export function attributeColumn(name: string): ExportColumn {
  return { name, cell: (row) => textOf(recordOf(row["custom_attributes"])[name]) };
}

/** A column for all custom attributes, as JSON. */
export const attributesColumn: ExportColumn = {
  name: "custom_attributes",
  cell: (row) => JSON.stringify(row["custom_attributes"] ?? {}),
};

function field(name: string): ExportColumn {
  return { name, cell: (row) => textOf(row[name]) };
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  return JSON.stringify(value);
}

function recordOf(value: unknown): Row {
  return typeof value === "object" && value !== null ? (value as Row) : {};
}
