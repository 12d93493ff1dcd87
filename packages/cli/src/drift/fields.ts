import { attributeColumn, columns, type Row } from "../export/kinds.ts";

/** Reads one field of a user as text. */
export type ReadField = (user: Row) => string | null;

/**
 * The field of a user that a column of an app's table stands for, by the column's name: a field of users, `name` (the
 * whole one), `active`, or a custom attribute.
 */
export function fieldCalled(name: string): ReadField {
  if (name === "active") return (user) => String(user["state"] === "active");
  if (name === "name") return wholeName;
  const known = columns.users.find((column) => column.name === name);
  return (known ?? attributeColumn(name)).cell;
}

/** True for a name that only a custom attribute can have. */
export function isAttribute(name: string): boolean {
  return name !== "active" && name !== "name" && columns.users.every((column) => column.name !== name);
}

/** A value of an app's table as text, so that it can be compared: databases have several ways to say the same. */
export function textOfCell(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  return JSON.stringify(value);
}

/** What finds a person: e-mail addresses count as the same in either case. */
export function keyOf(name: string, value: string | null): string | null {
  if (value === null || value === "") return null;
  return name === "email" ? value.toLowerCase() : value;
}

/** True when a field and a cell say the same. */
export function saySame(name: string, field: string | null, cell: string | null): boolean {
  if (field === cell) return true;
  if (field === null || cell === null) return false;
  if (name === "email") return field.toLowerCase() === cell.toLowerCase();
  // SQLite has no booleans, and PostgreSQL's text form of one is a letter.
  const meaning = words.get(cell.toLowerCase());
  return meaning !== undefined && meaning === field;
}

const words: ReadonlyMap<string, string> = new Map([
  ...["1", "t", "true", "yes"].map((word) => [word, "true"] as const),
  ...["0", "f", "false", "no"].map((word) => [word, "false"] as const),
]);

function wholeName(user: Row): string | null {
  const { name, first_name: first, last_name: last } = user;
  if (typeof name === "string" && name !== "") return name;
  const parts = [first, last].filter((part) => typeof part === "string" && part !== "");
  return parts.length === 0 ? null : parts.join(" ");
}
